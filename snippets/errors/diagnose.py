"""The doctor at work: a program of one's own, and the scenarios of these pages."""

if __name__ == "__main__":
    # --8<-- [start:message]
    from snippets.doctor import explain

    message = "mat1 and mat2 shapes cannot be multiplied (64x5 and 4x8)"
    for page, cause, fix in explain(message):
        print("cause:", cause)
        print("fix:  ", fix)
        print("page: ", page)
    # --8<-- [end:message]

    # --8<-- [start:program]
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    from snippets.doctor import Doctor

    torch.manual_seed(0)
    X = torch.randn(900, 4, dtype=torch.float64)
    y = (X[:, 0] * X[:, 1] > 0).long() + (X[:, 2] > 0).long()  # 0, 1 or 2

    def train(model: nn.Module, loader: DataLoader) -> Doctor:
        """Train a classifier, and validate it after each epoch."""
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        loss_fn = nn.CrossEntropyLoss()
        doctor = Doctor(model, optimizer, loss_fn)  # new
        doctor.check(*next(iter(loader)))  # new
        for _epoch in range(10):
            total = 0.0
            for X_batch, y_batch in loader:
                optimizer.zero_grad()
                loss = loss_fn(model(X_batch), y_batch)
                loss.backward()
                optimizer.step()
                doctor.step(loss, X_batch, y_batch)  # new
                total += loss.item()
            with torch.no_grad():
                valid_loss = loss_fn(model(X[600:]), y[600:])
            doctor.epoch(total / len(loader), valid_loss)  # new
        return doctor

    # --8<-- [end:program]

    # --8<-- [start:report]
    layers = nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 3)
    model = nn.Sequential(*layers, nn.Softmax(dim=1)).double()
    by_class = y[:600].argsort()
    rows = TensorDataset(X[by_class], y[by_class])
    doctor = train(model, DataLoader(rows, batch_size=50))
    print(doctor.report())
    # --8<-- [end:report]

    # --8<-- [start:mended]
    layers = nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 3)
    model = nn.Sequential(*layers).double()
    doctor = train(model, DataLoader(rows, batch_size=50, shuffle=True))
    assert doctor.findings() == []
    print(doctor.report().splitlines()[0])
    # --8<-- [end:mended]

    # --8<-- [start:numpy-program]
    import numpy as np

    rng = np.random.default_rng(0)
    table = rng.normal(size=(400, 3))
    target = table @ np.array([1.0, -2.0, 0.5])  # (400,)
    W, b = np.zeros((3, 1)), np.zeros(1)

    def predict(rows: np.ndarray) -> np.ndarray:
        """Return the predictions (n, 1) of a linear model."""
        return rows @ W + b

    def mean_square(predictions: np.ndarray, targets: np.ndarray) -> float:
        """Return the mean squared error."""
        return float(np.mean((predictions - targets) ** 2))

    doctor = Doctor(predict, loss_fn=mean_square)
    doctor.check(table[:50], target[:50])
    for _epoch in range(20):
        loss = mean_square(predict(table), target)
        W -= 0.1 * 2 * table.T @ (predict(table) - target[:, None]) / len(table)
        doctor.step(loss, table, target)
    for finding in doctor.findings():
        print(f"{finding.failure}: {finding.evidence}")
    print(doctor.report().splitlines()[0])
    # --8<-- [end:numpy-program]

    # --8<-- [start:missed]
    class Cut(nn.Module):
        """Pass the numbers on, and no gradient."""

        def forward(self, X: torch.Tensor) -> torch.Tensor:
            """Return X without its graph."""
            return X.detach()

    layers = nn.Linear(4, 32), nn.ReLU(), Cut(), nn.Linear(32, 3)
    model = nn.Sequential(*layers).double()
    doctor = train(model, DataLoader(rows, batch_size=50, shuffle=True))
    first, *_others, last = doctor.train_losses
    print(f"training loss: {first:.2f}, then {last:.2f}")
    print(doctor.report().splitlines()[0])
    # --8<-- [end:missed]

// "Share this page": the system's own dialogue where there is one, else a copied link.
document$.subscribe(() => {
  const button = document.querySelector("[data-share]");
  if (!button) return;
  const status = document.querySelector("[data-share-status]");

  async function share() {
    const canonical = document.querySelector("link[rel=canonical]");
    const url = canonical?.href ?? location.href.split(/[?#]/)[0];
    status.textContent = "";
    if (navigator.share) {
      try {
        await navigator.share({ title: document.title, url });
        return;
      } catch (error) {
        if (error.name === "AbortError") return;
      }
    }
    try {
      await navigator.clipboard.writeText(url);
      status.textContent = "Link copied";
    } catch {
      status.textContent = `Copy this link: ${url}`;
    }
  }

  button.addEventListener("click", share);
  button.hidden = false;
});

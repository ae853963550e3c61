// What every page does: it lets the keyboard scroll wide tables, and hands itself on.
const tableSizes = new ResizeObserver((entries) => {
  for (const { target: box } of entries) {
    if (box.scrollWidth > box.clientWidth) box.setAttribute("tabindex", "0");
    else box.removeAttribute("tabindex");
  }
});

function watchTables() {
  tableSizes.disconnect();
  for (const box of document.querySelectorAll(".md-typeset__scrollwrap")) {
    tableSizes.observe(box);
  }
}

/** The system's own dialogue where there is one, else a copied link. */
async function share(status) {
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

function offerSharing() {
  const button = document.querySelector("[data-share]");
  if (!button) return;
  const status = document.querySelector("[data-share-status]");
  button.addEventListener("click", () => share(status));
  button.hidden = false;
}

async function markdown(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${response.status} ${address}`);
  return new Blob([await response.text()], { type: "text/plain" });
}

/** Copies the page's Markdown, and opens it where nothing can be copied. */
function offerMarkdown() {
  const button = document.querySelector("[data-copy-page]");
  if (!button) return;
  const status = button.nextElementSibling;
  button.addEventListener("click", async () => {
    const address = button.dataset.copyPage;
    status.textContent = "";
    try {
      const item = new ClipboardItem({ "text/plain": markdown(address) });
      await navigator.clipboard.write([item]);
      status.textContent = "Copied";
    } catch {
      location.assign(address);
    }
  });
}

document$.subscribe(() => {
  watchTables();
  offerSharing();
  offerMarkdown();
});

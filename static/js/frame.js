// The frame: menus that close, the rail that folds, the theme, toasts, dialogs. And when every script of the page has run:
// until then a button that is nothing without one takes no press (assets/look/base.css), for it would be lost.

document.addEventListener("DOMContentLoaded", () => (document.documentElement.dataset.ready = ""));

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.popup[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const target = event.target.closest("[data-fold-rail],[data-close-toast],[data-open-dialog],[data-close-dialog]");
  if (!target) return;
  if (target.hasAttribute("data-fold-rail")) foldRail();
  if (target.hasAttribute("data-close-toast")) target.closest("[data-toast]").remove();
  if (target.hasAttribute("data-open-dialog")) document.getElementById(target.dataset.openDialog).showModal();
  if (target.hasAttribute("data-close-dialog")) target.closest("dialog").close();
});

document.addEventListener("keydown", (event) => {
  const menu = document.querySelector("details.popup[open]");
  if (!menu) return;
  if (event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    moveFocus([...menu.querySelectorAll("summary, .popup-item")], event.key === "ArrowDown" ? 1 : -1);
  }
});

function moveFocus(items, step) {
  const at = items.indexOf(document.activeElement);
  items[(at + step + items.length) % items.length].focus();
}

function foldRail() {
  const frame = document.querySelector(".frame");
  const narrow = frame.dataset.rail !== "narrow";
  if (narrow) frame.dataset.rail = "narrow";
  else delete frame.dataset.rail;
  document.cookie = `rail=${narrow ? "narrow" : "wide"};path=/;max-age=31536000;samesite=lax`;
}

// The theme changes at once; the form's answer only remembers it.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-themes]") || !event.submitter) return;
  event.preventDefault();
  const theme = event.submitter.value;
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  for (const button of document.querySelectorAll("form[data-themes] button")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
  fetch(event.target.action, { method: "POST", body: new FormData(event.target, event.submitter) });
});

// A toast goes away by itself once nobody points at it; errors stay until closed.
const LINGER_MS = 6000;

function letGo(toast) {
  if (toast.matches("[data-keep]")) return;
  setTimeout(() => (toast.matches(":hover, :focus-within") ? letGo(toast) : toast.remove()), LINGER_MS);
}

const toasts = document.getElementById("toasts");
toasts.querySelectorAll("[data-toast]").forEach(letGo);
new MutationObserver((changes) => {
  for (const change of changes) {
    for (const node of change.addedNodes) if (node.nodeType === Node.ELEMENT_NODE) letGo(node);
  }
}).observe(toasts, { childList: true });

// Every htmx request: the CSRF token goes with it, and what went wrong is said in a toast.

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = document.querySelector("meta[name=csrf-token]").content;
});

// Our own errors come as a toast and name their target; anything else from outside is never swapped in.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (xhr.status < 400) return;
  if (xhr.status === 422 || xhr.getResponseHeader("HX-Retarget")) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  } else {
    show("toast-failed");
  }
});

document.addEventListener("htmx:sendError", () => show("toast-offline"));
document.addEventListener("htmx:timeout", () => show("toast-offline"));

function show(id) {
  document.getElementById("toasts").append(document.getElementById(id).content.cloneNode(true));
}

// A button with data-copy="#id" copies that element's text and says so.

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent.trim());
  const said = button.querySelector("span");
  said.textContent = button.dataset.copied;
  said.hidden = false;
});

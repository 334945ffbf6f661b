// The phones of the first people: one is shown, and stays the same one while the page is brought up to date.

let at = 0;

function show() {
  const phones = [...document.querySelectorAll("#phones [data-phone]")];
  at = Math.min(at, Math.max(phones.length - 1, 0));
  for (const [place, phone] of phones.entries()) phone.hidden = place !== at;
  const said = document.querySelector("#phones [data-at]");
  if (said) said.textContent = String(at + 1);
}

document.addEventListener("click", (event) => {
  const step = event.target.closest("#phones [data-step]");
  if (!step) return;
  const { length } = document.querySelectorAll("#phones [data-phone]");
  at = (at + Number(step.dataset.step) + length) % length;
  show();
});
document.addEventListener("htmx:oobAfterSwap", (event) => event.detail.target.id === "phones" && show());

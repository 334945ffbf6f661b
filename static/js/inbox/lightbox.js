// Pictures of the conversation, large: arrows go from one to the next, Escape closes and leads back to where one was.

const dialog = document.getElementById("lightbox");
const image = dialog.querySelector("[data-shown]");
const pictures = () => [...document.querySelectorAll("#thread [data-lightbox]")];
let at = null;

function show(picture) {
  if (!picture) return;
  at = picture;
  const all = pictures();
  const place = all.indexOf(picture);
  image.src = picture.dataset.lightbox;
  image.alt = picture.dataset.name;
  dialog.querySelector("[data-title]").textContent = picture.dataset.name;
  dialog.querySelector("[data-place]").textContent = `${place + 1} / ${all.length}`;
  const save = dialog.querySelector("[data-save]");
  save.href = picture.dataset.lightbox;
  save.download = picture.dataset.name;
  dialog.querySelector("[data-step='-1']").disabled = place === 0;
  dialog.querySelector("[data-step='1']").disabled = place === all.length - 1;
  if (!dialog.open) dialog.showModal();
}

function step(by) {
  const all = pictures();
  show(all[all.findIndex((one) => one.dataset.lightbox === at.dataset.lightbox) + by]);
}

document.addEventListener("click", (event) => {
  const picture = event.target.closest("[data-lightbox]");
  if (!picture || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show(picture);
});
dialog.addEventListener("click", (event) => {
  const button = event.target.closest("[data-step]");
  if (button) step(Number(button.dataset.step));
});
dialog.addEventListener("keydown", (event) => {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!by) return;
  event.preventDefault();
  step(by);
});
dialog.addEventListener("close", () => {
  image.removeAttribute("src");
  at?.focus();
});

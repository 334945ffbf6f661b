// Dialog history: the numbers of the ticked chats are copied as "12, 15", as a broadcast by chats takes them.

const button = document.querySelector("[data-copy-numbers]");
const all = document.querySelector("[data-tick-all]");
const label = button.querySelector("span");
const before = label.textContent;
const boxes = () => [...document.querySelectorAll("[data-tick]")];
const ticked = () => boxes().filter((box) => box.checked);

function draw() {
  const count = ticked().length;
  button.disabled = count === 0;
  label.textContent = before;
  all.checked = count === boxes().length;
  all.indeterminate = count > 0 && !all.checked;
}

document.addEventListener("change", (event) => {
  if (event.target === all) for (const box of boxes()) box.checked = all.checked;
  draw();
});

button.addEventListener("click", async () => {
  await navigator.clipboard.writeText(ticked().map((box) => box.value).join(", "));
  label.textContent = button.dataset.copied;
});

draw();

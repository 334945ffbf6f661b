// Order of the parts: by two buttons on each card, which any keyboard and any phone has, and by dragging the handle.

const moved = (card) => card.dispatchEvent(new CustomEvent("part:moved", { bubbles: true }));

function step(card, up, down, towards) {
  const neighbour = towards < 0 ? card.previousElementSibling : card.nextElementSibling;
  if (!neighbour) return;
  if (towards < 0) neighbour.before(card);
  else neighbour.after(card);
  moved(card);
  const [pressed, other] = towards < 0 ? [up, down] : [down, up];
  (pressed.disabled ? other : pressed).focus(); // at the end of the list only the way back is left
}

export function connectOrdering(list, card) {
  const up = card.querySelector("[data-up]");
  const down = card.querySelector("[data-down]");
  up.addEventListener("click", () => step(card, up, down, -1));
  down.addEventListener("click", () => step(card, up, down, 1));

  // Only the handle starts a drag, so that text inside the card can still be selected.
  const handle = card.querySelector("[data-handle]");
  handle.addEventListener("pointerdown", () => (card.draggable = true));
  handle.addEventListener("pointerup", () => (card.draggable = false));
  card.addEventListener("dragstart", (event) => {
    if (!card.draggable) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/x-part", "");
    card.classList.add("opacity-50");
    list.dragged = card;
  });
  card.addEventListener("dragend", () => {
    card.draggable = false;
    card.classList.remove("opacity-50");
    list.dragged = null;
    moved(card);
  });
  card.addEventListener("dragover", (event) => {
    const { dragged } = list;
    if (!dragged || dragged === card) return;
    event.preventDefault();
    const box = card.getBoundingClientRect();
    if (event.clientY < box.top + box.height / 2) card.before(dragged);
    else card.after(dragged);
  });
  card.addEventListener("drop", (event) => {
    if (list.dragged) event.preventDefault();
  });
}

// The open conversation: the newest message in view, the customer's panel shown and hidden.

const NEAR_PX = 120; // who is this close to the end follows new messages

let followed = null; // the conversation whose end was shown
let atEnd = true;
let fromEnd = 0;

const scroller = () => document.querySelector("[data-scroll]");
const opened = () => document.querySelector("#conversation[data-number]")?.dataset.number;
const distance = (box) => box.scrollHeight - box.scrollTop - box.clientHeight;

function toEnd() {
  const box = scroller();
  if (box) box.scrollTop = box.scrollHeight;
}

function showNewest() {
  if (!scroller() || followed === opened()) return;
  followed = opened();
  toEnd();
  // Pictures find their height later.
  for (const picture of document.querySelectorAll("#thread img")) picture.addEventListener("load", () => atEnd && toEnd());
}

document.addEventListener(
  "scroll",
  (event) => {
    if (event.target === scroller()) atEnd = distance(event.target) < NEAR_PX;
  },
  true,
);

document.addEventListener("htmx:beforeSwap", (event) => {
  const box = scroller();
  if (event.detail.target.id === "thread" && box) fromEnd = box.scrollHeight - box.scrollTop;
  if (event.detail.target.id === "conversation") followed = null;
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "thread" && followed === opened()) {
    const source = event.detail.requestConfig?.elt;
    if (source?.hasAttribute("data-keep-place")) scroller().scrollTop = scroller().scrollHeight - fromEnd;
    else if (atEnd || source?.id === "reply") toEnd();
  }
  showNewest();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-toggle-customer]")) {
    const conversation = document.getElementById("conversation");
    const panel = document.getElementById("customer");
    conversation.dataset.customer = getComputedStyle(panel).display === "none" ? "shown" : "hidden";
  }
});

showNewest();

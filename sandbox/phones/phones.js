// Keeps the list and the open phone up to date, and sends forms without leaving the page. Runs before the page's
// body is read and listens on the document, so that there is no moment in which a key typed into the box does less.
const POLL_MS = 1500;

function say(text) {
  const notice = document.getElementById("notice");
  notice.textContent = text;
  notice.hidden = !text;
}

function scrollDown(phone) {
  const messages = phone?.querySelector(".messages");
  if (messages) messages.scrollTop = messages.scrollHeight;
}

async function refresh(part) {
  const url = new URL(part.dataset.live, location.href);
  url.searchParams.set("since", part.dataset.version);
  const answer = await fetch(url);
  if (answer.status === 204) return;
  if (!answer.ok) throw new Error(answer.statusText);
  const html = await answer.text();
  part.dataset.version = answer.headers.get("x-version");
  if (part.dataset.shown === html) return;
  const before = part.querySelector(".messages");
  const scroll = before ? before.scrollTop : 0;
  const atEnd = !before || before.scrollHeight - before.scrollTop - before.clientHeight < 80;
  const facts = part.querySelector(".facts");
  const open = facts ? facts.open : null;
  part.innerHTML = html;
  part.dataset.shown = html;
  if (open !== null) part.querySelector(".facts").open = open;
  const messages = part.querySelector(".messages");
  if (messages) messages.scrollTop = atEnd ? messages.scrollHeight : scroll;
}

async function refreshAll() {
  for (const part of document.querySelectorAll("[data-live]")) await refresh(part);
}

async function poll() {
  try {
    if (!document.hidden) await refreshAll();
    if (document.getElementById("notice").textContent === document.body.dataset.offline) say("");
  } catch {
    say(document.body.dataset.offline);
  }
  setTimeout(poll, POLL_MS);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-send]")) return;
  event.preventDefault();
  const body = new FormData(form, event.submitter);
  const aside = event.submitter?.hasAttribute("formaction"); // a sticker or a place: what is typed stays
  const answer = await fetch(aside ? event.submitter.formAction : form.getAttribute("action"), { method: "POST", body });
  if (!answer.ok) {
    say(document.body.dataset.failed + (await answer.text()));
    return;
  }
  say("");
  if (aside) return refreshAll();
  form.reset();
  form.dispatchEvent(new Event("change", { bubbles: true }));
  if (form.getAttribute("action").endsWith("/new")) location.href = answer.url;
  else await refreshAll();
});

document.addEventListener("change", (event) => {
  const form = event.target.closest?.(".composer");
  if (!form) return;
  const [file] = form.querySelector("[type=file]").files;
  form.querySelector(".chosen").hidden = !file;
  form.querySelector(".chosen span").textContent = file?.name ?? "";
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target.matches(".composer textarea")) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
});

let typing;
document.addEventListener("input", (event) => {
  if (!event.target.matches(".search input")) return;
  clearTimeout(typing);
  typing = setTimeout(async () => {
    const list = document.getElementById("list");
    const url = new URL(list.dataset.live, location.href);
    url.searchParams.set("q", event.target.value);
    list.dataset.live = url.pathname + url.search;
    list.dataset.version = "";
    await refresh(list);
  }, 150);
});

// A picture that arrives late must not push the newest message out of sight.
document.addEventListener(
  "load",
  (event) => {
    const messages = event.target.closest?.(".messages");
    const below = messages ? messages.scrollHeight - messages.scrollTop - messages.clientHeight : Infinity;
    if (below < event.target.offsetHeight + 120) messages.scrollTop = messages.scrollHeight;
  },
  true,
);
document.addEventListener("DOMContentLoaded", () => {
  if (matchMedia("(max-width: 1100px)").matches) document.querySelector(".facts")?.removeAttribute("open");
  scrollDown(document.getElementById("phone"));
  setTimeout(poll, POLL_MS);
});

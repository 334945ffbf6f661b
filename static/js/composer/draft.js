// Nothing typed is lost: every change is kept on this device at once and saved on the server shortly after; what
// the server confirmed is dropped here. A reload, a crash or a dead network brings the device's copy back.

const RETRY_MS = 5000;
// htmx hears of changes once it has been through the page, which is later than the first of them can be.
const heard = new Promise((resolve) => document.addEventListener("htmx:load", resolve, { once: true }));

export class Draft {
  #changes = 0;

  constructor(form, read) {
    this.form = form;
    this.read = read;
    this.key = `broadcast-draft-${form.dataset.draft}`;
    this.refused = false;
    form.addEventListener("htmx:afterRequest", (event) => event.target === form && this.#answered(event));
    form.addEventListener("htmx:configRequest", (event) => event.target === form && (this.sent = this.#changes));
    form.addEventListener("htmx:beforeSwap", (event) => event.detail.requestConfig.elt === form && this.#judge(event));
    // What the page says about an unsaved draft is said once, beside the title, and not as a toast every few seconds.
    form.addEventListener("htmx:sendError", (event) => event.target === form && event.stopPropagation());
    addEventListener("pagehide", () => this.#beacon());
    document.addEventListener("visibilitychange", () => document.hidden && this.#beacon());
  }

  /** The device's copy, where the server has not confirmed it. */
  static kept(form) {
    const kept = localStorage.getItem(`broadcast-draft-${form.dataset.draft}`);
    return kept && JSON.parse(kept);
  }

  /** Keep what the form holds now, and have it saved. */
  keep() {
    this.#changes += 1;
    const parts = this.read();
    localStorage.setItem(this.key, JSON.stringify(parts));
    if (this.form.elements.parts) this.form.elements.parts.value = JSON.stringify(parts);
    heard.then(() => this.form.dispatchEvent(new CustomEvent("draft:changed")));
  }

  /** Once sending has begun the copy must not come back. */
  drop() {
    localStorage.removeItem(this.key);
    this.#changes = 0;
    this.sent = 0;
  }

  /** Anything but a preflight (a page to sign in, an error) is no confirmation and never shown in its place. */
  #judge(event) {
    const { detail } = event;
    this.refused = !detail.xhr.responseText.includes('id="preflight"');
    if (!this.refused) return;
    detail.shouldSwap = false;
    event.stopPropagation();
  }

  #answered(event) {
    const saved = event.detail.successful && !this.refused;
    const status = document.getElementById("unsaved");
    if (status) status.hidden = saved;
    if (!saved) setTimeout(() => this.form.dispatchEvent(new CustomEvent("draft:changed")), RETRY_MS);
    else if (this.sent === this.#changes) this.drop();
    this.refused = false;
  }

  #beacon() {
    if (this.#changes > 0) navigator.sendBeacon(this.form.getAttribute("hx-post"), new FormData(this.form));
  }
}

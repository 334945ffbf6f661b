// Nothing typed is lost: every change is kept on this device at once and saved on the server shortly after; what
// the server confirmed is dropped here. A reload, a crash or a dead network brings the device's copy back.

const RETRY_MS = 5000;

export class Draft {
  #changes = 0;

  constructor(form, read) {
    this.form = form;
    this.read = read;
    this.key = `broadcast-draft-${form.dataset.number}`;
    this.status = document.getElementById("unsaved");
    form.addEventListener("htmx:afterRequest", (event) => event.target === form && this.#answered(event));
    form.addEventListener("htmx:configRequest", () => (this.sent = this.#changes));
    addEventListener("pagehide", () => this.#beacon());
    document.addEventListener("visibilitychange", () => document.hidden && this.#beacon());
  }

  /** The device's copy, where the server has not confirmed it. */
  static kept(form) {
    const kept = localStorage.getItem(`broadcast-draft-${form.dataset.number}`);
    return kept && JSON.parse(kept);
  }

  /** Keep what the form holds now, and have it saved. */
  keep() {
    this.#changes += 1;
    const parts = this.read();
    localStorage.setItem(this.key, JSON.stringify(parts));
    this.form.elements.parts.value = JSON.stringify(parts);
    this.form.dispatchEvent(new CustomEvent("draft:changed"));
  }

  /** Once sending has begun the copy must not come back. */
  drop() {
    localStorage.removeItem(this.key);
    this.#changes = 0;
    this.sent = 0;
  }

  #answered(event) {
    this.status.hidden = event.detail.successful;
    if (!event.detail.successful) setTimeout(() => this.form.dispatchEvent(new CustomEvent("draft:changed")), RETRY_MS);
    else if (this.sent === this.#changes) this.drop();
  }

  #beacon() {
    if (this.#changes > 0) navigator.sendBeacon(this.form.getAttribute("hx-post"), new FormData(this.form));
  }
}

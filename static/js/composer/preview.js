// The phone: what the first chosen person of a channel will see, drawn anew at every change.

import { rendered } from "./variables.js";

function bubble(part, person, words) {
  const row = document.createElement("div");
  row.className = "chat chat-start";
  const inside = document.createElement("div");
  inside.className = "chat-bubble phone-bubble";
  if (part.kind === "image") {
    const picture = document.createElement("img");
    picture.src = part.url;
    picture.alt = part.name || words.picture;
    picture.className = "phone-picture";
    inside.classList.add("phone-bubble-picture");
    inside.append(picture);
  } else {
    inside.textContent = rendered(part.text, person);
  }
  row.append(inside);
  return row;
}

const filled = (part) => (part.kind === "image" ? Boolean(part.url) : part.text.trim() !== "");

export class Preview {
  constructor(phone, channels, words) {
    this.channels = new Map(channels.map((channel) => [channel.kind, channel]));
    this.phone = phone;
    this.words = words;
    this.parts = [];
    for (const tab of this.#tabs()) tab.addEventListener("click", () => this.#choose(tab));
    this.phone.addEventListener("keydown", (event) => this.#walk(event));
  }

  #tabs() {
    return [...this.phone.querySelectorAll('[role="tab"]')];
  }

  #chosen() {
    return this.phone.querySelector('[role="tab"][aria-selected="true"]');
  }

  #choose(chosen) {
    for (const tab of this.#tabs()) {
      tab.ariaSelected = String(tab === chosen);
      tab.tabIndex = tab === chosen ? 0 : -1;
    }
    this.draw(this.parts);
  }

  #walk(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const tabs = this.#tabs();
    const next = tabs[tabs.indexOf(event.target) + step];
    if (!next) return;
    this.#choose(next);
    next.focus();
  }

  /** Show `parts` ({kind, text, url, name, refused: Set of channel kinds}). */
  draw(parts) {
    this.parts = parts;
    const channel = this.channels.get(this.#chosen()?.dataset.channel);
    if (!channel) return;
    this.phone.querySelector("[data-phone]").dataset.phone = channel.kind;
    this.phone.querySelector("[data-person]").textContent = channel.person.name || this.words.somebody;
    const shown = parts.filter((part) => filled(part) && !part.refused.has(channel.kind));
    this.phone.querySelector("[data-bubbles]").replaceChildren(
      ...shown.map((part) => bubble(part, channel.person, this.words)),
    );
    this.phone.querySelector("[data-nothing]").hidden = shown.length > 0;
  }
}

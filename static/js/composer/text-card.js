// The inside of a text card: emoji, variables, and the counter against the channel that leaves the least room.

import { lengthFor, strictest } from "./counting.js";
import { connectVariables } from "./variables.js";
import { figure, fill } from "./words.js";

export class TextCard {
  constructor(card, part, { setup, emoji, links }) {
    this.setup = setup;
    this.links = links;
    this.area = card.querySelector("[data-text]");
    this.counter = card.querySelector("[data-counter]");
    this.area.value = part.text ?? "";
    const button = card.querySelector("[data-emoji]");
    button.addEventListener("click", () => emoji.open(button, this.area));
    connectVariables(card.querySelector("[data-variables]"), this.area);
  }

  read() {
    return { kind: "text", text: this.area.value };
  }

  focus() {
    this.area.focus();
  }

  /** Channel kind → why it does not take this card; empty where all do. */
  refusals() {
    const { channels, words } = this.setup;
    return new Map(
      channels
        .map((channel) => [channel, lengthFor(channel, this.links.counted(this.area.value)) - channel.max_text])
        .filter(([_channel, over]) => over > 0)
        .map(([channel, over]) => [channel.kind, fill(words.over, { n: figure(over), channel: channel.label })]),
    );
  }

  refresh() {
    const tight = strictest(this.setup.channels, this.links.counted(this.area.value));
    if (!tight) return;
    const { words } = this.setup;
    const values = { used: figure(tight.used), limit: figure(tight.limit), channel: tight.channel.label };
    const varying = this.area.value.includes("{{");
    this.counter.textContent = fill(varying ? words.counter_most : words.counter, values);
    this.counter.classList.toggle("text-error", tight.used > tight.limit);
    this.counter.classList.toggle("font-semibold", tight.used > tight.limit);
  }
}

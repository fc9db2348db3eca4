/* The viewer's right side: what is known of the image, and its tags. */

const UNCONFIRMED_MS = 4000; // then the server is asked what became of a tag

class DetailsPanel {
  constructor(node, { act, known }) {
    this._node = node;
    this._act = act;
    this._tags = [];
    this._chips = element("div", { class: "chips" });
    this.input = new TagInput(known, () => this._tags, (tag) => this._add(tag));
    this._facts = element("div", { class: "facts" });
    this._more = element("div", { class: "facts" });
    this.caption = new CaptionEditor(act);
    node.append(this._facts, element("h4", { text: "Tags" }), this._chips, this.input.node, this.caption.node, this._more);
  }

  /** Empty the panel for another image, then fill it as soon as its details are there. */
  async show(id, details) {
    if (id !== this._id) {
      this.caption.leave();
      this.caption.node.hidden = true;
      this._id = id;
      this._tags = [];
      this._drawTags();
    }
    try {
      const known = await details.get(id);
      if (this._id === id) this._fill(known);
    } catch {
      if (this._id !== id) return;
      this._facts.replaceChildren(element("p", { class: "muted", text: "The details of this image could not be loaded." }));
      this._more.replaceChildren();
    }
  }

  _fill(known) {
    this._tags = [...known.tags];
    this._drawTags();
    const folder = known.folder ?? "";
    this._facts.replaceChildren(
      element("h3", { class: "name", text: known.name }),
      element("div", { class: "path" }, element("span", { text: folder }), copyButton(known.path ?? folder)),
      element("p", { text: fileLine(known) }),
      known.missing ? element("p", { class: "warning", text: "The file is no longer where it was." }) : "",
      this._clusterLine(known),
      this._copiesLine(known),
    );
    this.caption.node.hidden = false;
    this.caption.show(known.id, known);
    this._more.replaceChildren(...metadataPart(known.metadata ?? {}));
  }

  _copiesLine({ id, copies }) {
    if (!copies) return "";
    const show = () => this._act({ kind: "show_copies", id }, true);
    return element("p", {}, element("button", { type: "button", class: "link", text: copies === 1 ? "1 exact copy" : `${copies.toLocaleString("en-US")} exact copies`, title: "Show it with its copies", onclick: show }));
  }

  _clusterLine({ cluster_id: id, cluster_name: name }) {
    if (id === null || id === undefined) return "";
    if (id < 0) return element("p", { class: "muted", text: "In no cluster" });
    const show = () => this._act({ kind: "show_cluster", cluster_id: id }, true);
    return element("p", {}, element("button", { type: "button", class: "link", text: name || `Cluster ${id + 1}`, title: "Show this cluster", onclick: show }));
  }

  _drawTags() {
    const chips = this._tags.map((tag) => element("span", { class: "chip" },
      element("button", { type: "button", class: "chip-name", text: tag, title: `Show all images tagged ${tag}`, onclick: () => this._act({ kind: "filter_tag", tag }, true) }),
      iconButton("close", `Remove ${tag}`, () => this._remove(tag), { class: "chip-remove" })));
    this._chips.replaceChildren(...chips);
    this._chips.hidden = !chips.length;
  }

  _add(tag) {
    this._change([...this._tags.filter((other) => other !== tag), tag], { kind: "tag", ids: [this._id], tag });
  }

  _remove(tag) {
    this._change(this._tags.filter((other) => other !== tag), { kind: "untag", ids: [this._id], tag });
  }

  /** Show the change at once; the page confirms it by a new version, or the server is asked after a while. */
  _change(tags, action) {
    this._tags = tags;
    this._drawTags();
    this._act(action, false);
    clearTimeout(this._doubt);
    this._doubt = setTimeout(() => this.onDoubt(action.ids[0]), UNCONFIRMED_MS);
  }

  confirmed() {
    clearTimeout(this._doubt);
  }
}

function fileLine({ width, height, format, size_bytes: bytes }) {
  return [`${width} × ${height}`, format, fileSize(bytes)].filter(Boolean).join(" · ");
}

function fileSize(bytes) {
  if (!bytes) return "";
  if (bytes < 1_000_000) return `${Math.max(1, Math.round(bytes / 1000))} KB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function copyButton(text) {
  const button = iconButton("copy", "Copy the path", async () => {
    await navigator.clipboard.writeText(text);
    button.replaceChildren(icon("check"));
    setTimeout(() => button.replaceChildren(icon("copy")), 1200);
  });
  return button;
}

function metadataPart(metadata) {
  const rows = Object.entries(metadata).filter(([, value]) => value !== null && value !== "");
  if (!rows.length) return [];
  const cells = rows.flatMap(([name, value]) => [element("dt", { text: plainName(name) }), element("dd", { text: plainValue(value) })]);
  return [element("h4", { text: "From the file" }), element("dl", { class: "metadata" }, ...cells)];
}

/** "exposure_time" and "ExposureTime" as "Exposure time". */
function plainName(name) {
  const words = name.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/[_-]+/g, " ").trim().toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function plainValue(value) {
  if (Array.isArray(value)) return value.map(plainValue).join(", ");
  if (typeof value === "object") return Object.entries(value).map(([name, inner]) => `${plainName(name)}: ${plainValue(inner)}`).join("; ");
  if (typeof value === "boolean") return value ? "Yes" : "No";
  return String(value);
}

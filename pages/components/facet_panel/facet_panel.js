/* Groups of values with bars; a click asks for a value or lets it go. Long groups fold, and can be searched. */

const FOLDED = 8;
const SEARCHABLE = 12;

class FacetPanel {
  constructor(root) {
    this.host = root.querySelector(".facets");
    this.unfolded = new Set();
    this.searched = new Map();
    this.groups = new Map();
    this.actions = new ActionQueue();
  }

  update(component) {
    this.actions.update(component);
    const { facets } = component.data;
    const text = JSON.stringify(facets);
    if (text === this.drawn) return;
    this.drawn = text;
    for (const facet of facets) this.draw(facet);
  }

  draw(facet) {
    const group = this.groups.get(facet.field) ?? this.addGroup(facet);
    group.facet = facet;
    group.root.hidden = false;
    group.search.hidden = facet.values.length <= SEARCHABLE;
    this.fill(group);
  }

  addGroup(facet) {
    const search = element("input", {
      type: "search", class: "search", placeholder: `Find a ${facet.field}…`, "aria-label": `Find a ${facet.field}`,
      oninput: () => { this.searched.set(facet.field, search.value.trim().toLowerCase()); this.fill(group); },
    });
    const rows = element("div", { class: "rows" });
    const more = element("button", { type: "button", class: "more", onclick: () => this.toggleFold(group) });
    const root = element("section", { "aria-label": facet.title }, element("h3", { text: facet.title }), search, rows, more);
    const group = { root, search, rows, more, facet };
    this.groups.set(facet.field, group);
    this.host.append(root);
    return group;
  }

  toggleFold(group) {
    const { field } = group.facet;
    if (!this.unfolded.delete(field)) this.unfolded.add(field);
    this.fill(group);
  }

  fill(group) {
    const { field, values, chosen, empty } = group.facet;
    const wanted = this.searched.get(field) ?? "";
    const matching = wanted ? values.filter(([, label]) => label.toLowerCase().includes(wanted)) : values;
    const open = wanted !== "" || this.unfolded.has(field);
    const shown = open ? matching : matching.filter(([value], index) => index < FOLDED || chosen.includes(value));
    const most = Math.max(1, ...values.map((value) => value[3]));
    group.rows.replaceChildren(...shown.map((value) => this.row(field, value, chosen.includes(value[0]), most)));
    if (!values.length) group.rows.append(element("p", { class: "empty", text: empty }));
    else if (!shown.length) group.rows.append(element("p", { class: "empty", text: "None by that name." }));
    group.more.hidden = wanted !== "" || values.length <= FOLDED;
    group.more.textContent = open ? "Show fewer" : `Show all ${values.length.toLocaleString("en-US")}`;
  }

  row(field, [value, label, selected, total, light, dark], chosen, most) {
    const counts = selected === total ? total.toLocaleString("en-US") : `${selected.toLocaleString("en-US")} / ${total.toLocaleString("en-US")}`;
    const bar = element("span", { class: "bar", style: `width:${((100 * total) / most).toFixed(1)}%` },
      element("span", { class: "filled", style: `width:${((100 * selected) / Math.max(total, 1)).toFixed(1)}%` }));
    const dot = light ? element("span", { class: "dot", style: `--light:${light};--dark:${dark}` }) : null;
    return element("button", {
      type: "button", class: `row${chosen ? " chosen" : ""}`, "aria-pressed": String(chosen), "data-value": value,
      title: `${label}: ${selected.toLocaleString("en-US")} of ${plural(total, "image")}`,
      onclick: () => this.actions.send({ kind: "toggle", field, value }),
    }, dot, element("span", { class: "label", text: label }), element("span", { class: "count", text: counts }), element("span", { class: "track" }, bar));
  }
}

const panelOf = new WeakMap();

export default function (component) {
  const { parentElement } = component;
  if (!panelOf.has(parentElement)) panelOf.set(parentElement, new FacetPanel(parentElement));
  markTheme(parentElement);
  panelOf.get(parentElement).update(component);
  return () => panelOf.delete(parentElement);
}

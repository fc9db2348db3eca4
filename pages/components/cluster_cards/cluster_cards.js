/* One card a cluster; a click on the pictures opens it, the buttons below select or tag all of it. */

function card(cluster, act) {
  const pictures = cluster.images.map((id) => element("img", { src: `/api/images/${id}/thumbnail`, alt: "", loading: "lazy", decoding: "async" }));
  const mosaic = element("button", {
    type: "button", class: "mosaic", "aria-label": `Open ${cluster.name}`, onclick: () => act("open", cluster.id),
  }, ...pictures);
  const line = element("div", { class: "line" },
    element("span", { class: "dot", style: `--light:${cluster.light};--dark:${cluster.dark}` }),
    element("span", { class: "name", text: cluster.name, title: cluster.name }),
    element("span", { class: "size", text: cluster.size.toLocaleString("en-US") }));
  const button = (kind, text) => element("button", { type: "button", class: "action", text, onclick: () => act(kind, cluster.id) });
  return element("article", { "data-cluster": cluster.id, "aria-label": cluster.name }, mosaic, line,
    element("div", { class: "actions" }, button("open", "Open"), button("select", "Select all"), button("tag", "Tag all")));
}

const stateOf = new WeakMap();

export default function (component) {
  const { parentElement, data } = component;
  if (!stateOf.has(parentElement)) stateOf.set(parentElement, { actions: new ActionQueue() });
  const state = stateOf.get(parentElement);
  state.actions.update(component);
  markTheme(parentElement);
  const text = JSON.stringify([data.version, data.clusters]);
  if (text === state.drawn) return;
  state.drawn = text;
  const act = (kind, id) => state.actions.send({ kind, id });
  parentElement.querySelector(".cards").replaceChildren(...data.clusters.map((cluster) => card(cluster, act)));
}

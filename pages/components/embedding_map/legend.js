// ---- legend: the list of clusters ---------------------------------------------------------------------------------

const LISTED = 20;
const NARROW = 640;

function buildLegend(map) {
  const { list, more } = map.parts;
  const entries = map.clusters.map((cluster) => legendEntry(cluster, groupOf(cluster.id)));
  list.replaceChildren(...entries.slice(0, LISTED));
  more.hidden = entries.length <= LISTED;
  more.textContent = `and ${entries.length - LISTED} more`;
  more.onclick = () => {
    more.hidden = true;
    const rest = entries.slice(LISTED);
    if (noise) noise.before(...rest);
    else list.append(...rest);
    rest[0].scrollIntoView({ block: "nearest" });
  };
  const lone = map.noiseCount ? legendEntry({ id: NOISE, name: "No cluster", size: map.noiseCount }, UNCLUSTERED) : null;
  const noise = lone;
  if (more.hidden === false) list.append(more);
  if (noise) list.append(noise);
}

function legendEntry(cluster, group) {
  const entry = document.createElement("button");
  entry.type = "button";
  entry.className = "entry";
  entry.dataset.cluster = cluster.id;
  entry.title = `${cluster.name}: ${counted(cluster.size)}. Click to select.`;
  const dot = document.createElement("span");
  dot.className = "dot";
  dot.dataset.group = group;
  const name = document.createElement("span");
  name.className = "name";
  name.textContent = cluster.name;
  const size = document.createElement("span");
  size.className = "size";
  size.textContent = cluster.size.toLocaleString();
  entry.append(dot, name, size);
  return entry;
}

function setLegendOpen(map, open) {
  map.legendOpen = open;
  map.parts.legend.classList.toggle("open", open);
  map.parts.legendToggle.setAttribute("aria-expanded", String(open));
}

/** The width that the first view keeps clear for an open legend. */
function legendWidth(map) {
  return map.legendOpen && map.stage.width >= NARROW ? map.parts.legend.offsetWidth + 24 : 0;
}

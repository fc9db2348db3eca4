// ---- legend: the list of clusters ---------------------------------------------------------------------------------

const LISTED = 20;
const NARROW = 760;

function buildLegend(map) {
  const { list, more, legendTitle } = map.parts;
  const entries = map.clusters.map((cluster) => legendEntry(cluster, groupOf(cluster.id)));
  const rest = entries.slice(LISTED);
  list.replaceChildren(...entries.slice(0, LISTED), more);
  if (map.noiseCount) list.append(legendEntry({ id: NOISE, name: "No cluster", size: map.noiseCount }, UNCLUSTERED));
  legendTitle.textContent = entries.length === 1 ? "1 cluster" : `${entries.length} clusters`;
  more.hidden = rest.length === 0;
  more.textContent = `and ${rest.length} more`;
  more.onclick = () => {
    more.before(...rest);
    more.hidden = true;
    colourDots(map);
    rest[0].focus({ preventScroll: true });
    list.scrollTop += list.clientHeight / 2;
  };
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

// ---- labels: cluster names on the map -----------------------------------------------------------------------------

const LABEL_HEIGHT = 22;
const LABEL_GAP = 6;
const MOST_LABELS = 60;
const ROOMY_PX = 30;

/** One button a cluster, biggest first; only `placeLabels` decides which of them are seen. */
function buildLabels(map) {
  const layer = map.parts.labels;
  layer.replaceChildren();
  const places = densestPlaces(map.points);
  map.labels = map.clusters
    .filter((cluster) => places.has(cluster.id))
    .map((cluster) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "label";
      button.tabIndex = -1;
      button.dataset.cluster = cluster.id;
      button.textContent = cluster.name;
      button.title = `${cluster.name}: ${counted(cluster.size)}. Click to select.`;
      layer.append(button);
      return { ...places.get(cluster.id), button, shown: false, width: 0 };
    });
  for (const label of map.labels) label.width = label.button.offsetWidth;
}

/** Show the names that fit, the biggest clusters first; more of them fit as the map is zoomed in. */
function placeLabels(map) {
  const taken = [];
  const { stage, camera } = map;
  for (const label of map.labels) {
    const x = screenX(camera, stage, label.x);
    const y = screenY(camera, stage, label.y) - lift(label, map);
    const half = label.width / 2 + LABEL_GAP;
    const box = [x - half, y - LABEL_HEIGHT / 2 - 2, x + half, y + LABEL_HEIGHT / 2 + 2];
    const fits = taken.length < MOST_LABELS && inStage(box, stage) && !taken.some((other) => overlap(box, other));
    if (fits) {
      taken.push(box);
      label.button.style.transform = `translate(${x - label.width / 2}px, ${y - LABEL_HEIGHT / 2}px)`;
    }
    if (fits !== label.shown) label.button.classList.toggle("shown", (label.shown = fits));
  }
}

/** Names stand amid a wide cluster, and above a small one, whose points they would hide. */
function lift(label, map) {
  const reach = 1.8 * label.spread * map.camera.scale;
  return Math.max(0, 1 - reach / ROOMY_PX) * (reach + map.look.size / 2 + LABEL_HEIGHT / 2);
}

function inStage(box, stage) {
  return box[0] >= 0 && box[2] <= stage.width && box[1] >= 0 && box[3] <= stage.height;
}

function overlap(a, b) {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

function counted(size) {
  return size === 1 ? "1 image" : `${size.toLocaleString()} images`;
}

// ---- overlay: what is drawn above the points ----------------------------------------------------------------------

const MOST_RINGS = 2000;

function sizeOverlay(canvas, stage) {
  canvas.width = Math.max(1, Math.round(stage.width * stage.density));
  canvas.height = Math.max(1, Math.round(stage.height * stage.density));
}

/** Draw the marks: similar images, the query, the keyboard's cursor, the hovered point, the outline in the making. */
function drawOverlay(canvas, map) {
  const { stage, camera, look, points } = map;
  const context = canvas.getContext("2d");
  context.setTransform(stage.density, 0, 0, stage.density, 0, 0);
  context.clearRect(0, 0, stage.width, stage.height);
  if (points) {
    const at = (i) => [screenX(camera, stage, points.x[i]), screenY(camera, stage, points.y[i])];
    drawSimilar(context, map, at);
    if (known(map, map.query)) drawPin(context, look, ...at(map.query), map);
    if (known(map, map.cursor)) drawCursor(context, look, ...at(map.cursor));
    if (known(map, map.hovered)) drawHovered(context, map, map.hovered, ...at(map.hovered));
  }
  if (map.drawing) drawOutline(context, look, map.drawing);
}

function known(map, position) {
  return position !== null && position !== undefined && position >= 0 && position < map.points.count;
}

function drawSimilar(context, map, at) {
  const { look } = map;
  const radius = look.size / 2 + 2;
  context.beginPath();
  for (const i of map.highlighted.slice(0, MOST_RINGS)) {
    if (!known(map, i)) continue;
    const [x, y] = at(i);
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 2 * Math.PI);
  }
  context.lineWidth = 3;
  context.strokeStyle = look.backgroundName;
  context.stroke();
  context.lineWidth = 1.4;
  context.strokeStyle = withAlpha(look.textName, 0.85);
  context.stroke();
}

/** The image that was asked about: a filled point in a wide accent ring with a soft halo. */
function drawPin(context, look, x, y, map) {
  const radius = Math.max(look.size / 2 + 1, 5);
  disc(context, x, y, radius + 11, withAlpha(look.accentName, 0.16));
  disc(context, x, y, radius + 5.5, look.backgroundName);
  disc(context, x, y, radius + 4.5, look.accentName);
  disc(context, x, y, radius + 1.5, look.backgroundName);
  disc(context, x, y, radius, look.names[map.group[map.query]]);
}

function drawHovered(context, map, i, x, y) {
  const { look } = map;
  const radius = Math.max(look.size / 2 + 2, 5.5);
  disc(context, x, y, radius + 3, look.textName);
  disc(context, x, y, radius + 1.5, look.backgroundName);
  disc(context, x, y, radius, look.names[map.group[i]]);
}

function drawCursor(context, look, x, y) {
  context.setLineDash([3, 3]);
  context.lineWidth = 1.5;
  context.strokeStyle = look.textName;
  context.strokeRect(x - 11, y - 11, 22, 22);
  context.setLineDash([]);
}

function disc(context, x, y, radius, colour) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
}

function drawOutline(context, look, drawing) {
  context.beginPath();
  drawing.outline.forEach(([x, y], at) => (at ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.closePath();
  context.fillStyle = withAlpha(look.accentName, drawing.op === "remove" ? 0.04 : 0.1);
  context.fill();
  context.lineJoin = "round";
  context.lineWidth = 1.5;
  if (drawing.op === "remove") context.setLineDash([5, 4]);
  context.strokeStyle = look.accentName;
  context.stroke();
  context.setLineDash([]);
}

function withAlpha(colour, alpha) {
  const packed = packedColour(colour);
  return `rgba(${packed & 255}, ${(packed >> 8) & 255}, ${packed >> 16}, ${alpha})`;
}

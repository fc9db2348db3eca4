/* Making elements, icons, and asking where a key press came from. */

const ICON_PATHS = {
  check: '<path d="M3.5 8.5l3 3 6-7"/>',
  minus: '<path d="M4 8h8"/>',
  close: '<path d="M4 4l8 8M12 4l-8 8"/>',
  similar: '<rect x="1.75" y="4.75" width="8.5" height="8.5" rx="1.5"/><path d="M5.5 2.75h7a1.5 1.5 0 0 1 1.5 1.5v7"/>',
  open: '<path d="M9.5 2.5h4v4M13.5 2.5l-5 5M6.5 13.5h-4v-4M2.5 13.5l5-5"/>',
  rows: '<rect x="2" y="3" width="7" height="4.2" rx=".8"/><rect x="10.6" y="3" width="3.4" height="4.2" rx=".8"/>' +
    '<rect x="2" y="8.8" width="3.4" height="4.2" rx=".8"/><rect x="7" y="8.8" width="7" height="4.2" rx=".8"/>',
  squares: '<rect x="2.5" y="2.5" width="4.6" height="4.6" rx=".8"/><rect x="8.9" y="2.5" width="4.6" height="4.6" rx=".8"/>' +
    '<rect x="2.5" y="8.9" width="4.6" height="4.6" rx=".8"/><rect x="8.9" y="8.9" width="4.6" height="4.6" rx=".8"/>',
  keyboard: '<rect x="1.5" y="4" width="13" height="8" rx="1.5"/><path d="M4 6.5h.01M6.7 6.5h.01M9.3 6.5h.01M12 6.5h.01M5 9.5h6"/>',
  unshown: '<rect x="2" y="3" width="12" height="10" rx="1.5"/><path d="M2.5 13L13.5 3"/>',
  left: '<path d="M10 3L5 8l5 5"/>',
  right: '<path d="M6 3l5 5-5 5"/>',
  info: '<circle cx="8" cy="8" r="6"/><path d="M8 7.3v3.7M8 5h.01"/>',
  map: '<circle cx="4" cy="5" r="1.2"/><circle cx="7" cy="10.5" r="1.2"/><circle cx="11" cy="4.5" r="1.2"/><circle cx="12.5" cy="10" r="1.2"/><circle cx="3.5" cy="12.5" r="1.2"/>',
  copy: '<rect x="5.5" y="5.5" width="8" height="8" rx="1.3"/><path d="M10.5 3.5v-.2a1 1 0 0 0-1-1H3.3a1 1 0 0 0-1 1v6.2a1 1 0 0 0 1 1h.2"/>',
};

function icon(name) {
  const holder = document.createElement("template");
  holder.innerHTML = `<svg viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.5"
    stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${ICON_PATHS[name]}</svg>`;
  return holder.content.firstChild;
}

/** Make an element: `on…` attributes are listeners, `text` its text, null and false leave an attribute out. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") made.textContent = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function iconButton(name, label, onclick, attributes = {}) {
  return element("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...attributes }, icon(name));
}

/** Whether the event comes from something that takes text or has keys of its own. */
function isTyping(event) {
  const target = event.composedPath()[0];
  if (!(target instanceof Element)) return false;
  if (target.isContentEditable || ["TEXTAREA", "SELECT"].includes(target.tagName)) return true;
  return target.tagName === "INPUT" && !["checkbox", "radio", "button"].includes(target.type);
}

const plural = (count, noun) => `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;

/** What outlives a remount, and exists once on a page however many grids it holds. */
function pageWide(name, make) {
  const registry = (window[Symbol.for("curate")] ??= {});
  return (registry[name] ??= make());
}

function remembered(name, fallback) {
  try {
    return localStorage.getItem(`curate.${name}`) ?? fallback;
  } catch {
    return fallback; // storage can be forbidden; the choice then lasts as long as the page
  }
}

function remember(name, value) {
  try {
    localStorage.setItem(`curate.${name}`, value);
  } catch {
    // see remembered()
  }
}

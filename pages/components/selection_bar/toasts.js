/* The toast: what was done, to how many images, and Undo. */

const TOAST_SECONDS = 10;

class ToastStack {
  constructor(host, onUndo) {
    this.host = host;
    this.onUndo = onUndo;
    host.setAttribute("role", "status");
    host.setAttribute("aria-live", "polite");
  }

  update(toast) {
    this.newest = toast;
    const last = pageWide("toast", () => ({ number: 0 }));
    if (!toast || toast.number <= last.number) return;
    last.number = toast.number;
    const undo = toast.operation_id === null ? null : element("button", {
      type: "button", class: "toast-undo", text: "Undo", title: "Undo (Ctrl Z)",
      onclick: () => { shown.remove(); this.undone = toast.operation_id; this.onUndo(toast.operation_id); },
    });
    const shown = element("div", { class: `toast${toast.failed ? " failed" : ""}` },
      element("span", { class: "toast-text", text: toast.text }), undo,
      iconButton("close", "Dismiss", () => shown.remove()));
    this.host.replaceChildren(shown);
    this.fadeLater(shown);
  }

  /** This session's newest change, once; null when that was undone or there is none, and the newest of anyone counts. */
  takeUndoable() {
    const id = this.newest?.operation_id ?? null;
    if (id === this.undone) return null;
    this.undone = id;
    return id;
  }

  fadeLater(shown) {
    let timer = setTimeout(() => shown.remove(), TOAST_SECONDS * 1000);
    shown.onmouseenter = () => clearTimeout(timer);
    shown.onmouseleave = () => { timer = setTimeout(() => shown.remove(), (TOAST_SECONDS * 1000) / 2); };
  }
}

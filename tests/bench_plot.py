"""The benchmark's figures as a picture: a bar for each path, KVM's behind it, and a mark at the target. A bar of
KVM's that is much longer than all that Plinth takes or wants to take is broken. An SVG file of text, without a
library."""

LABEL, WIDTH, VALUE = 150, 560, 110  # columns, in pixels
ROW, BAR, TOP, MARGIN = 30, 14, 46, 10
OURS, KVM, TARGET = "#2b6cb0", "#d5dae1", "#c53030"
BACKGROUND = "#ffffff"
BROKEN = 6 # times the longest of ours: then a bar of KVM's ends, with a gap before its end
GAP = 4
FONT = 'font-family="sans-serif" font-size="12"'


def text(x, y, said, anchor="start"):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" {FONT} fill="#222">{said}</text>'


def box(x, y, width, height, colour):
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}" fill="{colour}"/>'


def legend():
    """Above the bars: what their colours mean."""
    parts, x = [], LABEL
    for colour, said in ((OURS, "Plinth, least of 1000"), (TARGET, "target"), (KVM, "KVM on the same CPU")):
        parts += [box(x, 14, 10, 10, colour), text(x + 15, 23, said)]
        x += 170
    return parts


def row(top, path, ticks, target, kvm, scale):
    """One path's bars."""
    parts = [text(LABEL - 8, top + ROW / 2 + 4, path, "end")]
    shown = min((kvm or 0) * scale, WIDTH)
    if kvm:
        parts.append(box(LABEL, top + 2, shown, ROW - 4, KVM))
    if kvm and shown < kvm * scale - 1:
        parts.append(box(LABEL + shown - 4 * GAP, top + 2, GAP, ROW - 4, BACKGROUND))
    parts.append(box(LABEL, top + (ROW - BAR) / 2, max(ticks * scale, 1), BAR, OURS))
    if target:
        parts.append(box(LABEL + target * scale - 1, top + 2, 2, ROW - 4, TARGET))
    end = max(ticks * scale, shown, (target or 0) * scale)
    said = f"{ticks} (KVM {kvm})" if kvm else ticks
    return parts + [text(LABEL + end + 6, top + ROW / 2 + 4, said)]


def picture(paths):
    """The SVG of (path, ticks, target, KVM's ticks), the last two of which may be None."""
    ours = max([1] + [max(ticks, target or 0) for _, ticks, target, _ in paths])
    longest = max([ours] + [min(kvm or 0, BROKEN * ours) for *_, kvm in paths])
    parts = legend()
    for number, (path, ticks, target, kvm) in enumerate(paths):
        parts += row(TOP + number * ROW, path, ticks, target, kvm, WIDTH / longest)
    width, height = LABEL + WIDTH + VALUE, TOP + ROW * len(paths) + MARGIN
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}">')
    return "\n".join([head, "<title>Ticks for an exit and back</title>", box(0, 0, width, height, BACKGROUND),
                      *parts, "</svg>", ""])

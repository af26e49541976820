"""What is measured on every screen: reach, room, and who was asked for anything."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

__all__ = [
    "audit",
    "main_button_height",
    "main_out_of_sight",
    "out_of_sight",
    "overflowing",
    "overlapping_texts",
    "small_targets",
]

_AXE = Axe()
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# axe passes two adjacent buttons of 18 px (measured 2026-11), so the size of targets is our own to measure.
_SMALL = """least => [...document.querySelectorAll('a[href], button, input, textarea, select')]
  .filter(e => e.checkVisibility() && !e.closest('[inert]'))
  .map(e => [e.textContent.trim().slice(0, 30) || e.id, e.getBoundingClientRect()])
  .filter(([, box]) => Math.min(box.width, box.height) < least - 0.5)
  .map(([name, box]) => `${name}: ${Math.round(box.width)} x ${Math.round(box.height)}`)"""

_OVERFLOW = """() => {
  const wide = document.documentElement.clientWidth;
  const problems = [];
  for (const e of document.querySelectorAll('body *')) {
    if (!e.checkVisibility() || e.closest('.visually-hidden, svg, [data-leaving]')) continue;
    const box = e.getBoundingClientRect();
    if (box.width > 0 && (box.right > wide + 1 || box.left < -1)) problems.push(`outside: ${e.tagName}.${e.className}`);
    const clips = getComputedStyle(e).overflowX !== 'visible';
    if (!clips && e.scrollWidth > e.clientWidth + 2 && e.clientWidth > 0 && getComputedStyle(e).display !== 'inline')
      problems.push(`too wide: ${e.tagName}.${e.className} ${e.textContent.trim().slice(0, 30)}`);
  }
  return problems;
}"""

_OVERLAP = """() => {
  const shown = [...document.querySelectorAll('a[href], button')]
    .filter(e => e.checkVisibility() && !e.closest('.tabs')); // a fixed bar: what lies below it scrolls
  const problems = [];
  for (const a of shown) for (const b of shown) {
    if (a === b || a.contains(b) || b.contains(a)) continue;
    const p = a.getBoundingClientRect(), q = b.getBoundingClientRect();
    if (p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 1 && q.top < p.bottom - 1)
      problems.push(`${a.textContent.trim()} lies on ${b.textContent.trim()}`);
  }
  return problems;
}"""

# Texts as they are painted, cut where a scroller cuts them; a pressed-together column paints one over the next.
_TEXTS = """() => {
  const texts = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const holder = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !holder.checkVisibility()) continue;
    if (holder.closest('.visually-hidden, script, svg, [data-leaving]')) continue;
    const range = document.createRange();
    range.selectNodeContents(walk.currentNode);
    const button = holder.closest('button, a[href]');
    const text = walk.currentNode.data.trim();
    // Line by line, as an inline text goes around its neighbours; a press target is as large as its box.
    for (let { left, right, top, bottom } of button ? [button.getBoundingClientRect()] : range.getClientRects()) {
      for (let e = holder; e !== document.body; e = e.parentElement) {
        if (getComputedStyle(e).overflowY === 'visible') continue;
        const edge = e.getBoundingClientRect();
        [top, bottom] = [Math.max(top, edge.top), Math.min(bottom, edge.bottom)];
      }
      if (bottom - top > 4) texts.push({ button, node: walk.currentNode, text, left, right, top, bottom });
    }
  }
  const SLACK = 5; // px: a line's box is higher than its letters
  const problems = [];
  texts.forEach((a, index) => texts.slice(index + 1).forEach(b => {
    if (a.node === b.node || (a.button && a.button === b.button)) return;
    if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - SLACK && b.top < a.bottom - SLACK)
      problems.push(`"${a.text.slice(0, 40)}" lies on "${b.text.slice(0, 40)}"`);
  }));
  return problems;
}"""


def audit(page: Page) -> list[str]:
    """Return what axe finds against WCAG 2.2 A and AA and its own good practice, one line each."""
    options = {"runOnly": {"type": "tag", "values": _TAGS}, "resultTypes": ["violations"]}
    found: list[dict[str, Any]] = _AXE.run(page, options=options).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary'][:200]}" for rule in found for node in rule["nodes"]
    ]


def small_targets(page: Page, least_px: int = 48) -> list[str]:
    """Return everything that can be pressed and is smaller than ``least_px`` either way."""
    found: list[str] = page.evaluate(_SMALL, least_px)
    return found


def overflowing(page: Page) -> list[str]:
    """Return what sticks out of the screen or of its own box, and buttons that lie on each other."""
    found: list[str] = [*page.evaluate(_OVERFLOW), *page.evaluate(_OVERLAP)]
    return found


def out_of_sight(page: Page) -> list[str]:
    """Return buttons that have to be scrolled to: on a kiosk nobody looks for them."""
    found: list[str] = page.evaluate(
        "() => [...document.querySelectorAll('button')].filter(e => e.checkVisibility())"
        ".filter(e => e.getBoundingClientRect().bottom > innerHeight + 1).map(e => `hidden: ${e.textContent.trim()}`)"
    )
    return found


def overlapping_texts(page: Page) -> list[str]:
    """Return texts that are painted over one another, or under a button."""
    found: list[str] = page.evaluate(_TEXTS)
    return found


def main_out_of_sight(page: Page) -> list[str]:
    """Return main buttons that have to be scrolled to; smaller text may have to be, what a screen is for never."""
    found: list[str] = page.evaluate(
        "() => [...document.querySelectorAll('.button.main')].filter(e => e.checkVisibility())"
        ".map(e => [e, e.getBoundingClientRect()])"
        ".filter(([e, box]) => box.top < -1 || box.bottom > innerHeight + 1)"
        ".map(([e]) => `hidden: ${e.textContent.trim()}`)"
    )
    return found


def main_button_height(page: Page) -> float:
    """Return the height of the lowest visible main button, in px; infinite where there is none."""
    found: list[float] = page.evaluate(
        "() => [...document.querySelectorAll('.button.main')].filter(e => e.checkVisibility())"
        ".map(e => e.getBoundingClientRect().height)"
    )
    return min(found, default=float("inf"))

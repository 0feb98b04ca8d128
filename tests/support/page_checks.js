// What a page looks like to people who see little, use no mouse, or have a narrow screen. Returns lists of complaints.
(() => {
  const MOVES = '.skip, svg, .q-tabs__content'; // shown on focus; drawn anew after a resize; moved by its own arrows
  const CODE = '.cm-editor, pre, code, [translate=no]';
  const isShown = (element) => {
    if (!element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) return false;
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1;
  };
  const isIcon = (element) => element.closest('.q-icon, .material-icons, [aria-hidden=true], canvas') !== null;
  const texts = () => {
    const found = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const words = node.textContent.trim(), element = node.parentElement;
      if (words && !['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE'].includes(element.tagName) && isShown(element) && !isIcon(element)) {
        found.push([words, element]);
      }
    }
    return found;
  };
  const name = (element) => {
    const place = [...element.classList].slice(0, 3).join('.');
    return `<${element.tagName.toLowerCase()}${place ? '.' + place : ''}> “${(element.innerText || '').trim().slice(0, 40)}”`;
  };
  const scrolls = (element) => {
    for (let each = element; each && each !== document.body; each = each.parentElement) {
      if (['auto', 'scroll'].includes(getComputedStyle(each).overflowX) && each.scrollWidth > each.clientWidth) return true;
    }
    return false;
  };

  const overflow = () => {
    const found = [], width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > width) found.push(`the page is ${document.documentElement.scrollWidth} wide`);
    for (const [, element] of texts()) {
      const box = element.getBoundingClientRect();
      if ((box.right > width + 1 || box.left < -1) && !scrolls(element) && !element.closest(MOVES)) found.push(`outside: ${name(element)}`);
    }
    return found;
  };

  const cut = () => {
    const found = [];
    for (const [, element] of texts()) {
      for (let each = element; each && each !== document.body; each = each.parentElement) {
        const style = getComputedStyle(each);
        if (['auto', 'scroll'].includes(style.overflowY) || ['auto', 'scroll'].includes(style.overflowX)) break;
        const hides = style.overflowX !== 'visible' || style.overflowY !== 'visible';
        if (!hides) continue;
        if (each.matches(MOVES)) break;
        const outer = each.getBoundingClientRect(), range = document.createRange();
        range.selectNodeContents(element);
        const inner = range.getBoundingClientRect();
        const isCut = inner.bottom > outer.bottom + 3 || inner.right > outer.right + 5; // a blank at the end of a line hangs over
        const isTold = style.textOverflow === 'ellipsis' && (each.title || each.closest('[title], [aria-label]') || each.querySelector('.q-tooltip'));
        if (isCut && !isTold) found.push(`cut: ${name(element)}`);
        break;
      }
    }
    return found;
  };

  const nameOf = (element) => {
    const by = (element.getAttribute('aria-labelledby') || '').split(/\s+/).map((id) => id && document.getElementById(id)?.textContent);
    const labels = element.labels ? [...element.labels].map((label) => label.innerText) : [];
    const own = element.cloneNode(true);
    own.querySelectorAll?.('.q-icon, [aria-hidden=true]').forEach((icon) => icon.remove());
    const isTyped = ['INPUT', 'TEXTAREA', 'SELECT'].includes(element.tagName) || element.isContentEditable;
    return [element.getAttribute('aria-label'), ...by, ...labels, element.title, isTyped ? '' : own.textContent]
      .find((words) => words && words.trim());
  };
  const nameless = () => {
    const wanted = 'input:not([type=hidden]), textarea, select, button, a[href], [role=button], [role=link], [role=textbox], '
      + '[role=combobox], [role=checkbox], [role=switch], [role=tab], [role=dialog], img, [contenteditable=true]';
    return [...document.querySelectorAll(wanted)]
      .filter((element) => isShown(element) && !element.closest('[aria-hidden=true]') && !(element.tagName === 'IMG' && element.hasAttribute('alt')))
      .filter((element) => !nameOf(element))
      .map((element) => `no name: ${element.outerHTML.slice(0, 160)}`);
  };

  const channels = (colour) => {
    const [red, green, blue, alpha] = (colour.match(/[\d.]+/g) || []).map(Number);
    return colour.startsWith('color(srgb') ? [red * 255, green * 255, blue * 255, alpha ?? 1] : [red, green, blue, alpha ?? 1];
  };
  const over = (front, back) => front.slice(0, 3).map((value, i) => value * front[3] + back[i] * (1 - front[3]));
  const light = (colour) => {
    const [red, green, blue] = colour.map((value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (element) => {
    const layers = [];
    for (let each = element; each; each = each.parentElement) {
      const style = getComputedStyle(each);
      if (style.backgroundImage !== 'none') return null;
      const colour = channels(style.backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reduceRight((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const faint = () => {
    const found = new Set();
    for (const [, element] of texts()) {
      if (element.closest('[disabled], .disabled, [aria-disabled=true]')) continue;
      const style = getComputedStyle(element), below = ground(element);
      if (!below) continue;
      let alpha = 1;
      for (let each = element; each; each = each.parentElement) alpha *= Number(getComputedStyle(each).opacity);
      const ink = channels(style.color);
      const [one, other] = [light(over([...ink.slice(0, 3), ink[3] * alpha], below)), light(below)].sort((a, b) => b - a);
      const size = parseFloat(style.fontSize), isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      const ratio = (one + 0.05) / (other + 0.05);
      if (ratio < (isLarge ? 3 : 4.5) - 0.02) found.add(`contrast ${ratio.toFixed(2)}: ${name(element)}`);
    }
    return [...found];
  };

  const words = () => {
    const said = texts().filter(([, element]) => !element.closest(CODE)).map(([text]) => text);
    for (const element of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]')) {
      if (!isShown(element) || element.closest(CODE)) continue;
      for (const attribute of ['aria-label', 'title', 'placeholder', 'alt']) {
        if (element.getAttribute(attribute)) said.push(element.getAttribute(attribute));
      }
    }
    return [document.title, ...new Set(said)];
  };

  const reachable = () => [...document.querySelectorAll('a[href], button, input, textarea, select, [tabindex], [contenteditable=true]')]
    .filter((element) => element.tabIndex >= 0 && !element.disabled && isShown(element) && !element.closest('[inert], [aria-hidden=true]'))
    .map((element, number) => { element.dataset.reach = number; return `${number} ${name(element)}`; });
  const focused = () => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const marks = [element, element.closest('.q-field__control, .q-field, label, .q-item, .q-tab, .chip-editor'), element.parentElement].filter(Boolean)
      .flatMap((each) => [getComputedStyle(each), getComputedStyle(each, '::after'), getComputedStyle(each, '::before')])
      .some((style) => (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== 'none'
        || (parseFloat(style.borderTopWidth) >= 2 && style.borderTopStyle !== 'none') || (parseFloat(style.borderBottomWidth) >= 2 && style.transform !== 'none'));
    return { number: element.dataset.reach ?? null, name: name(element), isMarked: marks };
  };

  const doings = () => [...document.querySelectorAll('#main button, #main a[href], #main [role=button], #main [role=switch]')]
    .filter((element) => isShown(element) && !element.disabled && element.getAttribute('aria-disabled') !== 'true')
    .map((element) => (nameOf(element) || '').trim());

  return { doings, overflow, cut, nameless, faint, words, reachable, focused };
})()

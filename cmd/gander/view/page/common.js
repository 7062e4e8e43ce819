// SPDX-License-Identifier: Apache-2.0
//
// What the parts of the page share: numbers for people, elements, questions to the server.
//
// Names come from a file that anybody may have written: they become text nodes, never markup.

export const states = ['none', 'runnable', 'running', 'syscall', 'blocked'];

// Three digits and a unit.
export function duration(ns) {
  if (ns === 0) return '0';
  for (const [unit, size] of [['ns', 1], ['µs', 1e3], ['ms', 1e6]]) {
    if (ns < 999.5 * size) {
      const value = ns / size;
      return (unit === 'ns' ? Math.round(value) : value.toPrecision(3)) + ' ' + unit;
    }
  }
  const seconds = ns / 1e9;
  return (seconds < 999.5 ? seconds.toPrecision(3) : count(Math.round(seconds))) + ' s';
}

// A time in the trace, as exact as steps of that length need.
export function time(ns, step = 1) {
  const [unit, size] = ns < 1e6 && step < 1e3 ? ['µs', 1e3] : ns < 1e9 ? ['ms', 1e6] : ['s', 1e9];
  const digits = Math.min(9, Math.max(0, Math.ceil(Math.log10(size / step) - 1e-9)));
  return (ns / size).toFixed(digits) + ' ' + unit;
}

export function count(n) {
  return n.toLocaleString('en-US');
}

export function plural(n, word) {
  return count(n) + ' ' + word + (n === 1 ? '' : 's');
}

// Without what all names of a C++ program have in front.
export function short(name) {
  return name.replaceAll('(anonymous namespace)::', '');
}

export function title(id, name) {
  return name ? `G${id} ${short(name)}` : `G${id}`;
}

// element('td', {class: 'left', onclick: f}, 'text', child...)
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== false) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

export function dot(kind) {
  return element('i', {class: 'dot ' + kind});
}

export const byId = (id) => document.getElementById(id);

export async function ask(path, parameters = {}, signal = undefined) {
  const query = new URLSearchParams(parameters).toString();
  const answer = await fetch('/api/' + path + (query ? '?' + query : ''), {signal});
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error);
  return found;
}

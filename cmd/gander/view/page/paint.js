// SPDX-License-Identifier: Apache-2.0
//
// Draws rows of slices. It knows the colors, and nothing of where data comes from.
import {states, time, title} from './common.js';

export const rowHeight = 26;
const gap = 3;

let colors = {};
let byName = new Map();
let ranks = new Map();

// Again after each change between light and dark.
export function readColors() {
  const style = getComputedStyle(document.documentElement);
  colors = {};
  byName = new Map();
  for (const name of ['back', 'panel', 'text', 'dim', 'line', 'stripe', 'accent', 'mark', 'running',
    'runnable', 'syscall', 'blocked', 'stop', 'marking', 'merged', 'slice-text', 'slice-light',
    'slice-saturation'])
    colors[name] = style.getPropertyValue('--' + name).trim();
}

// Those that run most, first: their colors shall be the least alike.
export function rankFunctions(names) {
  ranks = new Map(names.map((name, i) => [name, i]));
}

// One for each function, by turns of the golden angle.
function colorOf(name) {
  let color = byName.get(name);
  if (color === undefined) {
    const rank = ranks.get(name) ?? ranks.size + byName.size;
    const hue = (150 + rank * 137.508) % 360;
    color = `hsl(${hue.toFixed(0)}, ${colors['slice-saturation']}, ${colors['slice-light']})`;
    byName.set(name, color);
  }
  return color;
}

// As large as its parent, in the screen's own pixels.
export function fit(canvas, width, height) {
  const scale = window.devicePixelRatio || 1;
  const w = Math.max(1, Math.round(width * scale)), h = Math.max(1, Math.round(height * scale));
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = width + 'px';
    canvas.style.height = height + 'px';
  }
  const context = canvas.getContext('2d');
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = '11.5px system-ui, "DejaVu Sans", sans-serif';
  context.textBaseline = 'middle';
  return context;
}

// Steps of 1, 2 or 5 that leave room for their labels.
export function tickStep(view, width) {
  const least = (view.to - view.from) * 110 / width;
  const power = 10 ** Math.floor(Math.log10(least));
  return Math.max(1, [1, 2, 5, 10].map((n) => n * power).find((n) => n >= least));
}

function ticks(view, width, each) {
  const step = tickStep(view, width);
  for (let t = Math.ceil(view.from / step) * step; t <= view.to; t += step)
    each((t - view.from) / (view.to - view.from) * width, t, step);
}

export function paintAxis(context, view, width, height) {
  context.fillStyle = colors.dim;
  context.strokeStyle = colors.line;
  ticks(view, width, (x, t, step) => {
    context.fillRect(Math.round(x), height - 6, 1, 6);
    context.fillText(time(t, step), x + 4, height / 2);
  });
}

export function paintGrid(context, view, width, height) {
  context.fillStyle = colors.line;
  ticks(view, width, (x) => context.fillRect(Math.round(x), 0, 1, height));
}

function paintText(context, text, left, right, y, dimmed) {
  const room = right - left - 8;
  if (room < 24) return;
  context.save();
  context.beginPath();
  context.rect(left, y, right - left - 3, rowHeight);
  context.clip();
  context.fillStyle = dimmed ? colors.dim : colors['slice-text'];
  context.fillText(text, left + 4, y + rowHeight / 2);
  context.restore();
}

// Several: how much of the time each kind takes, upon each other.
function paintMerged(context, row, s, left, width, top, height) {
  const length = Math.max(1, s.end - s.begin);
  let bottom = top + height;
  const stacked = row.kind === 'goroutine' ? [2, 3, 1, 4] : [2, 3];
  for (const kind of stacked) {
    const part = s.times[kind] / length * height;
    if (part === 0) continue;
    context.fillStyle = row.kind === 'goroutine' ? colors[states[kind]]
      : row.kind === 'proc' ? (kind === 3 ? colors.syscall : colors.merged) : colors[row.kind];
    const tall = row.kind === 'goroutine' ? part : Math.max(part, 1.5);
    context.fillRect(left, bottom - tall, width, tall);
    bottom -= part;
  }
}

function fillOf(row, s) {
  if (row.kind === 'proc') return colorOf(s.name);
  if (row.kind === 'goroutine') return colors[states[s.kind]];
  return colors[row.kind];
}

export function paintRow(context, row, view, width, y, selected) {
  context.fillStyle = colors.line;
  context.fillRect(0, y + rowHeight - 1, width, 1);
  const scale = width / (view.to - view.from);
  const top = y + gap, height = rowHeight - 2 * gap - 1;
  for (const s of row.slices) {
    if (s.end < view.from || s.begin > view.to) continue;
    const left = Math.max(-2, (s.begin - view.from) * scale);
    const right = Math.min(width + 2, (s.end - view.from) * scale);
    const wide = Math.max(1, right - left - (right - left > 4 ? 0.5 : 0));
    if (s.times) {
      paintMerged(context, row, s, left, wide, top, height);
      continue;
    }
    const mine = row.kind === 'proc' && s.id === selected;
    const dimmed = row.kind === 'proc' && selected !== null && !mine;
    context.globalAlpha = dimmed ? 0.4 : 1;
    context.fillStyle = fillOf(row, s);
    context.fillRect(left, top, wide, height);
    if (row.kind === 'proc' && s.kind === 3) {  // in a system call
      context.fillStyle = colors.syscall;
      context.fillRect(left, top + height - 4, wide, 4);
    }
    if (mine) {
      context.fillStyle = colors.accent;
      context.fillRect(left, top - 2, wide, 2);
      context.fillRect(left, top + height, wide, 2);
    }
    const text = row.kind === 'proc' ? title(s.id, s.name)
      : row.kind === 'goroutine' && s.kind === 4 ? s.name : row.kind === 'stop' ? s.name : '';
    context.globalAlpha = 1;
    if (text) paintText(context, text, Math.max(0, left), Math.min(width, right), y, dimmed);
  }
}

export function paintMark(context, x, height) {
  context.fillStyle = colors.mark;
  context.fillRect(Math.round(x), 0, 1, height);
}

// How busy all Ps were, in columns; and which part of it is shown.
export function paintOverview(context, busy, view, whole, width, height) {
  context.fillStyle = colors.merged;
  const wide = width / busy.length;
  busy.forEach((share, i) => {
    const tall = share * (height - 8);
    context.fillRect(i * wide, height - 2 - tall, Math.max(1, wide), tall);
  });
  const left = view.from / whole * width, right = view.to / whole * width;
  context.fillStyle = colors.back;
  context.globalAlpha = 0.6;
  context.fillRect(0, 0, left, height);
  context.fillRect(right, 0, width - right, height);
  context.globalAlpha = 1;
  context.strokeStyle = colors.accent;
  context.lineWidth = 1.5;
  context.strokeRect(left + 0.75, 1, Math.max(2, right - left - 1.5), height - 2);
}

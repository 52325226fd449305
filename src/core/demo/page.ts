import type { Chapter, DemoReport } from './report.ts';
import { renderChapter } from './text.ts';

export function renderPage(story: string): string {
  return `<!doctype html><meta charset="utf-8"><title>Remora demo</title><main id="story">${story}</main>
<script>new EventSource('/events').onmessage = (e) => { document.getElementById('story').innerHTML = JSON.parse(e.data); };</script>
`;
}

export function renderStory(report: DemoReport, chapters: readonly Chapter[]): string {
  const stage = { width: 120, paint: (_style: string, text: string): string => text };
  return chapters.map((chapter) => `<pre>${escaped(renderChapter(chapter, report, stage))}</pre>`).join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

import { CHAPTERS, type Chapter, type Check, type DemoReport } from '../../core/demo/index.ts';
import type { StoryPage } from './web.ts';

/** Whoever tells the story: a terminal, a document, nobody. */
export type Audience = {
  readonly chapter: (chapter: Chapter, report: DemoReport) => void;
  readonly note: (text: string) => void;
  readonly end: (report: DemoReport) => void;
};

/** Holds the report, and tells those who listen when it grows. */
export class Narrator {
  report: DemoReport;
  readonly #audience: Audience;
  readonly #page: StoryPage | undefined;

  constructor(audience: Audience, page: StoryPage | undefined, report: DemoReport) {
    this.#audience = audience;
    this.#page = page;
    this.report = report;
  }

  update(part: Partial<DemoReport>): void {
    this.report = { ...this.report, ...part };
    this.#page?.show(this.report);
  }

  chapter(chapter: Chapter): void {
    this.#page?.reached(CHAPTERS.indexOf(chapter), this.report);
    this.#audience.chapter(chapter, this.report);
  }

  note(text: string): void {
    this.#audience.note(text);
  }

  check(...checks: readonly Check[]): void {
    this.update({ checks: [...this.report.checks, ...checks] });
  }

  finish(milliseconds: number): void {
    this.update({ milliseconds: this.report.milliseconds ?? milliseconds });
    this.#audience.end(this.report);
  }
}

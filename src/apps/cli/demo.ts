import { type DemoReport, renderChapter, renderEnd, type Stage } from '../../core/demo/index.ts';
import { writeStandard } from '../../platform/standard-streams.ts';
import { terminalWidth } from '../../platform/terminal.ts';
import { type Audience, runApplication, runDemo } from '../demo/index.ts';
import { type Arguments, flagIsOn, flagText, usage } from './arguments.ts';
import type { CommandResult, Surroundings } from './command.ts';
import { usageFailure } from './failure.ts';
import { port, whole } from './flag-values.ts';
import { problemsText } from './problem-text.ts';
import { VERSION } from './version.ts';

/** `remora demo`: tells as it happens, so it writes by itself. */
export async function demo(args: Arguments, surroundings: Surroundings): Promise<CommandResult> {
  const requests = whole(args, 'requests', 10, 1, 1_000);
  const pagePort = port(args, 'port', 0);
  const lonely = flagText(args, 'port') !== undefined && !flagIsOn(args, 'web');
  const problems = [
    ...requests.problems,
    ...pagePort.problems,
    ...(lonely ? [usage('--port is for the page of --web', 'Give --web, too.')] : []),
  ];
  if (!requests.ok || !pagePort.ok || problems.length > 0) return usageFailure(problems, 'demo', args, surroundings);
  const engine = flagText(args, 'engine');
  const web = flagIsOn(args, 'web');
  const ended = await runDemo(
    {
      engine: engine === 'envoy' || engine === 'embedded' ? engine : undefined,
      mode: flagText(args, 'mode') === 'TPROXY' ? 'TPROXY' : 'REDIRECT',
      requests: requests.value,
      keep: web || flagIsOn(args, 'keep'),
      webPort: web ? pagePort.value : undefined,
      env: surroundings.env,
      version: VERSION,
    },
    flagIsOn(args, 'json') ? document() : terminal(surroundings),
  );
  if (ended === 0 || ended === 1) return { exitCode: ended };
  return { exitCode: 1, error: problemsText(ended, surroundings.paintError) };
}

function terminal({ paintOutput, env }: Surroundings): Audience {
  // What a person still reads without moving their head.
  const stage: Stage = { width: Math.max(60, Math.min(terminalWidth(env) ?? 100, 140)), paint: paintOutput };
  const say = (text: string): void => void writeStandard('output', text);
  return {
    chapter: (chapter, report) => say(renderChapter(chapter, report, stage)),
    note: (text) => say(`\n${paintOutput('yellow', '●')} ${text}\n`),
    end: (report) => say(renderEnd(report, stage)),
  };
}

/** One document on standard output; what a person should know meanwhile goes to standard error. */
function document(): Audience {
  return {
    chapter: () => {},
    note: (text) => void writeStandard('error', `${text}\n`),
    end: (report: DemoReport) => void writeStandard('output', `${JSON.stringify(report, null, 2)}\n`),
  };
}

/** `remora demo application`. */
export async function demoApplication(args: Arguments, surroundings: Surroundings): Promise<CommandResult> {
  const listen = port(args, 'port', 8080);
  if (!listen.ok) return usageFailure(listen.problems, 'demo application', args, surroundings);
  const name = flagText(args, 'name') ?? 'application';
  const code = await runApplication(name, flagText(args, 'address') ?? '0.0.0.0', listen.value);
  return { exitCode: code === 0 ? 0 : 1 };
}

import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node';
import { missingRequirements } from './not-run.ts';

/**
 * Prints what could not run and why, and as the very last line of the process `N passed, N failed`. Failed are tests,
 * files or suites whose own code or hooks failed, unhandled errors, and a run that fails for any other reason (a failing
 * global setup, no test found).
 */
export default class SummaryReporter implements Reporter {
  private passed = 0;
  private failed = 0;
  private notRun: string[] = [];
  private isFilteredByName = false;

  onInit(vitest: Vitest): void {
    this.isFilteredByName = vitest.config.testNamePattern !== undefined;
    // Other reporters and the teardown of the global setup still print after the run has ended.
    process.once('exit', (exitCode) => this.print(exitCode));
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
    this.passed = tests.filter((test) => test.result().state === 'passed').length;
    this.failed =
      tests.filter((test) => test.result().state === 'failed').length +
      suites.filter((suite) => suite.errors().length > 0).length +
      unhandledErrors.length;
    const unfinished = tests.filter((test) => test.result().state === 'skipped' || test.result().state === 'pending');
    this.notRun = this.isFilteredByName
      ? [`${unfinished.length} tests (left out by the name filter)`]
      : unfinished.map((test) => `${test.module.relativeModuleId} > ${test.fullName} (${reasonOf(test)})`);
  }

  private print(exitCode: number): void {
    // Nothing that makes the run fail may end in "0 failed".
    if (this.failed === 0 && exitCode !== 0) this.failed = 1;
    const lines = this.notRun.map((line) => `not run: ${line}`);
    process.stdout.write(`${[...lines, `${this.passed} passed, ${this.failed} failed`].join('\n')}\n`);
  }
}

function reasonOf(test: TestCase): string {
  const result = test.result();
  if (result.state === 'skipped' && result.note !== undefined) return result.note;
  for (let parent = test.parent; ; parent = parent.parent) {
    if (parent.errors().length > 0) return 'something around it failed';
    if (parent.type === 'module') break;
  }
  const missing = [...missingRequirements()].map(([name, reason]) => `needs ${name}: ${reason}`);
  if (missing.length > 0 && test.options.mode === 'skip') return missing.join('; ');
  return result.state === 'pending' ? 'the run ended before it' : 'skipped in the code';
}

/** What every supported version of Vitest tells a fixture of its test. */
export interface VitestTask {
  readonly name: string;
  readonly fails?: boolean | undefined;
  readonly file: { readonly name: string; readonly projectName?: string | undefined };
  readonly suite?: VitestSuite | undefined;
  readonly result?: { readonly state: string } | undefined;
}

interface VitestSuite {
  readonly name: string;
  readonly suite?: VitestSuite | undefined;
}

/** In vain, and not meant to be. */
export const hasFailed = (task: VitestTask): boolean =>
  task.result?.state === "fail" && task.fails !== true;

/** One among all of the run: project, file, suites and the test. */
export function fullName(task: VitestTask): string {
  const suites: string[] = [];
  for (let { suite } = task; suite !== undefined; suite = suite.suite) suites.unshift(suite.name);
  const { name, projectName } = task.file;
  return [projectName, name, ...suites, task.name].filter(Boolean).join(" ");
}

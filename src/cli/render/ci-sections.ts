// Lines that a CI system folds: groups of GitHub Actions, sections of GitLab. Which system it is stands in the
// variables that each of them sets for its jobs. Pure.
// Spec: docs.github.com "Workflow commands for GitHub Actions", docs.gitlab.com "Job logs", custom collapsible
// sections.

export interface Section {
  /** Whole lines, the title among them. */
  readonly open: string;
  /** @param time seconds since the epoch */
  close(time: number): string;
}

/** @param title on one line, as it is shown. @param time seconds since the epoch */
export type Sections = (title: string, time: number) => Section;

/** Undefined outside of these systems. */
export function ciSections(env: NodeJS.ProcessEnv): Sections | undefined {
  if (env['GITHUB_ACTIONS'] === 'true') return githubGroup;
  if (env['GITLAB_CI'] === 'true') return createGitlabSections();
  return undefined;
}

function githubGroup(title: string): Section {
  const data = firstLine(title).replaceAll('%', '%25');
  return { open: `::group::${data}\n`, close: () => '::endgroup::\n' };
}

/** The name of a section stands once in the log of a job, which several builds may share. */
function createGitlabSections(): Sections {
  let count = 0;
  return (title, time) => {
    count += 1;
    const seconds = Math.floor(time);
    const name = `tsbuild_${Math.floor(time * 1000)}_${count}`;
    return {
      open: `\x1b[0Ksection_start:${seconds}:${name}[collapsed=true]\r\x1b[0K${firstLine(title)}\n`,
      close: (end) => `\x1b[0Ksection_end:${Math.floor(end)}:${name}\r\x1b[0K`,
    };
  };
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!;
}

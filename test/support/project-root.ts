// Where the checkout lies. Tests run with it as their working directory.

export const projectRoot = process.cwd();

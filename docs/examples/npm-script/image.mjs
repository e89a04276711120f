// Builds the image of this repository and prints its digest.
import { build, formatError, printProgress } from 'tsbuild-oci';

async function main() {
  const onEvent = await printProgress();
  const { digest } = await build({ context: '.', tags: ['site:1'] }, { onEvent });
  console.log(digest);
}

main().catch(async (error) => {
  process.stderr.write(await formatError(error));
  process.exitCode = 1;
});

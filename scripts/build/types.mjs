// One file of types for the library, which names no type of another package.
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

/** Its text. */
export async function bundleTypes() {
  const types = await rollup({
    input: 'src/index.ts',
    plugins: [dts({ tsconfig: 'tsconfig.json' })],
    external: /^node:/,
  });
  const { output } = await types.generate({ format: 'es' });
  await types.close();
  const [{ code }] = output;
  const foreign = /^(?:import|export) .* from .*$|\bNodeJS\.\w+/m.exec(code)?.[0];
  if (foreign !== undefined) throw new Error(`the types of the library need others: ${foreign}`);
  return code;
}

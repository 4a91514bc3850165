/** Sealing a base: the list of its files, its digest, and read-only from then on. */
import { type Outcome } from '../diagnostics/diagnostic.ts';
import { baseImage, baselinePath, readBase, recordSeal, type Base } from './base-store.ts';
import { replaceText } from './draft.ts';
import { listFiles } from './file-list.ts';
import { imageFault } from './missing.ts';
import { checkImage } from './qcow2.ts';

/** Seals a base; one that is sealed already stays as it is. A system whose files cannot be read is sealed without their list. */
export const sealBase = async (name: string): Promise<Outcome<Base>> => {
  const base = await readBase(name);
  if (base === undefined)
    return { diagnostics: [imageFault('no-such-base', `there is no base \`${name}\``, 'lanwright image list')] };
  if (base.seal !== undefined) return { value: base, diagnostics: [] };
  const damage = await checkImage(baseImage(name));
  if (damage !== undefined) return { diagnostics: [damage] };
  const files = await listFiles(baseImage(name));
  if (files.value === undefined && files.diagnostics.some(({ code }) => code !== 'no-file-system'))
    return { diagnostics: files.diagnostics };
  if (files.value !== undefined) await replaceText(baselinePath(name), `${JSON.stringify(files.value)}\n`);
  const warnings = files.diagnostics.map((found) => ({ ...found, severity: 'warning' as const }));
  return { value: await recordSeal(base), diagnostics: warnings };
};

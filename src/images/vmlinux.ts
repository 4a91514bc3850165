/**
 * A compressed kernel (bzImage) to the ELF file inside it, which QEMU starts directly by its PVH note: the guest need
 * not unpack itself, which takes most of a second where every instruction is emulated.
 * Sources: Documentation/x86/boot.rst of the kernel; lz4_Block_format.md and the "legacy frame" of lz4_Frame_format.md.
 */

/** Offsets in the boot header: the number of setup sectors, where the payload begins behind them, and its length. */
const setupSectorsAt = 0x1f1;
const payloadOffsetAt = 0x248;
const payloadLengthAt = 0x24c;
const sectorBytes = 512;

const legacyMagic = 0x184c2102;
const legacyBlockBytes = 8 * 1024 * 1024;
const elfMagic = 0x464c457f;

/** Lengths of 15 and more go on in further bytes, each 255 but the last. */
const readLength = (input: Buffer, at: number, first: number): readonly [length: number, next: number] => {
  let length = first;
  let next = at;
  if (first !== 15) return [length, next];
  for (;;) {
    const more = input[next++] ?? 0;
    length += more;
    if (more !== 255) return [length, next];
  }
};

/** Unpacks one block to `output` from `start` on; where it ends. */
const unpackBlock = (input: Buffer, output: Buffer, start: number): number => {
  let from = 0;
  let to = start;
  while (from < input.length) {
    const token = input[from++] ?? 0;
    const [literals, literalsAt] = readLength(input, from, token >> 4);
    input.copy(output, to, literalsAt, literalsAt + literals);
    to += literals;
    from = literalsAt + literals;
    // The last sequence has no match.
    if (from >= input.length) break;
    const distance = input.readUInt16LE(from);
    const [more, next] = readLength(input, from + 2, token & 15);
    from = next;
    const length = more + 4;
    if (distance === 0 || distance > to - start) throw new RangeError('a match that begins before its block');
    // A match may reach into itself: then it repeats what lies between.
    if (distance >= length) output.copy(output, to, to - distance, to - distance + length);
    else for (let index = 0; index < length; index++) output[to + index] = output[to - distance + index] ?? 0;
    to += length;
  }
  return to;
};

const unpackLegacy = (payload: Buffer, longestBytes: number): Buffer => {
  const output = Buffer.alloc(longestBytes);
  let size = 0;
  let from = 4;
  while (from + 4 <= payload.length) {
    const length = payload.readUInt32LE(from);
    from += 4;
    if (length === legacyMagic) continue;
    if (length === 0 || from + length > payload.length) break;
    size = unpackBlock(payload.subarray(from, from + length), output, size);
    from += length;
  }
  return output.subarray(0, size);
};

/** The ELF file in a bzImage; undefined where it is packed otherwise than by LZ4, and QEMU gets the bzImage itself. */
export const extractVmlinux = (image: Buffer): Buffer | undefined => {
  if (image.length < 0x250 || image.toString('latin1', 0x202, 0x206) !== 'HdrS') return undefined;
  const sectors = image[setupSectorsAt] === 0 ? 4 : (image[setupSectorsAt] ?? 4);
  const start = (sectors + 1) * sectorBytes + image.readUInt32LE(payloadOffsetAt);
  const length = image.readUInt32LE(payloadLengthAt);
  if (start + length > image.length || length < 8) return undefined;
  // The last four bytes are the size of what is inside.
  const payload = image.subarray(start, start + length - 4);
  const size = image.readUInt32LE(start + length - 4);
  if (payload.readUInt32LE(0) !== legacyMagic) return undefined;
  try {
    const kernel = unpackLegacy(payload, Math.min(size + legacyBlockBytes, 1 << 30));
    return kernel.length === size && kernel.readUInt32LE(0) === elfMagic ? kernel : undefined;
  } catch {
    return undefined;
  }
};

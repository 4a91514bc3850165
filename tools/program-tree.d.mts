/** A folder with Debian's programs that tests run; it may be missing. */
export const programTree: string;

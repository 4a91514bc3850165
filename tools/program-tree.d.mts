/** A folder with Debian's programs that tests run; it may be missing. */
export const programTree: string;
/** A folder with Xen, its programs and a kernel for dom0; it is there for long tests, and may be missing. */
export const xenTree: string;

export { type ByteRange, parseRange } from './byte-range.ts';
export { contentType } from './content-type.ts';
export { resolveFile } from './resolve-file.ts';
export { contentSecurityPolicy, isolationHeaders, workerSecurityPolicy } from './security-headers.ts';
export { type StaticSite, staticSite } from './static-site.ts';

import { readFileSync } from 'node:fs';

export interface PackageVersion {
  readonly podlane: string;
  readonly node: string;
  /** `linux-x64`. */
  readonly platform: string;
}

/** The version in package.json, which lies two folders above both `src/cli` and `dist/cli`. */
export function packageVersion(): PackageVersion {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { version: string }; // our own package.json
  return {
    podlane: version,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
  };
}

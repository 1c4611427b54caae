/**
 * PathUtils.validatePath: absolute, no empty, "." or ".." component, no trailing slash, no NUL, no control character, no
 * surrogate or private-use unit (so nothing outside the basic plane), nothing from U+FFF0 on.
 */
export function validatePath(path: string): boolean {
  const length = path.length;
  if (length === 0 || path.charCodeAt(0) !== slash) return false;
  if (length === 1) return true;
  if (path.charCodeAt(length - 1) === slash) return false;
  let componentAt = 1;
  for (let i = 1; i <= length; i += 1) {
    const unit = i === length ? slash : path.charCodeAt(i);
    if (unit === slash) {
      if (isBadComponent(path, componentAt, i)) return false;
      componentAt = i + 1;
    } else if (unit <= 0x1f || (unit >= 0x7f && isRefused(unit))) {
      return false;
    }
  }
  return true;
}

const slash = 0x2f;
const dot = 0x2e;

function isBadComponent(path: string, start: number, end: number): boolean {
  if (end - start > 2) return false;
  for (let i = start; i < end; i += 1) if (path.charCodeAt(i) !== dot) return false;
  return true;
}

const isRefused = (unit: number): boolean =>
  unit <= 0x9f || (unit >= 0xd800 && unit <= 0xf8ff) || unit >= 0xfff0;

/** "/" for nodes of the first level; the path must hold a slash. */
export function parentOf(path: string): string {
  const at = path.lastIndexOf("/");
  return at <= 0 ? "/" : path.slice(0, at);
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

export const childPath = (parent: string, name: string): string =>
  parent === "/" ? `/${name}` : `${parent}/${name}`;

export const rootPath = "/";
export const zookeeperPath = "/zookeeper";
export const quotaPath = "/zookeeper/quota";
export const configPath = "/zookeeper/config";

/** The nodes that cannot be deleted. */
export const isSystemPath = (path: string): boolean =>
  path === rootPath || path === zookeeperPath || path === quotaPath || path === configPath;

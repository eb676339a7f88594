/** What this machine has and lacks for running Electron: libraries, a display, a sandbox, a compiler; and the line that installs what lacks. */

import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'

/** Something that is not there, and what the user can do about it: both are sentences. */
/** @typedef {{ readonly is: 'missing', readonly what: string, readonly remedy: string }} Missing */

/** Shared library → the Debian package that brings it, for those an ordinary Electron needs beyond a bare system. */
const packageOfLibrary = /** @type {const} */ ({
  'libgtk-3.so.0': 'libgtk-3-0',
  'libnss3.so': 'libnss3',
  'libasound.so.2': 'libasound2',
  'libgbm.so.1': 'libgbm1',
})
/** Renamed in Debian 13 and Ubuntu 24.04, where the old names install nothing or something else. */
const renamed = new Map([['libgtk-3-0', 'libgtk-3-0t64'], ['libasound2', 'libasound2t64']])
/** libgtk-3-0 brings every other library of Electron's with it (cups, atk, X11, pango). */
const everythingElse = 'libgtk-3-0'

/**
 * The command that installs Debian packages, in this distribution's names.
 * @param {readonly string[]} packages in the names of Debian 12
 */
export function aptLine(packages, release = osRelease()) {
  const names = packages.map(name => (hasRenamedPackages(release) ? renamed.get(name) ?? name : name))
  const sudo = process.getuid?.() === 0 ? '' : 'sudo '
  return `${sudo}apt-get update && ${sudo}apt-get install -y ${[...new Set(names)].join(' ')}`
}

function osRelease() {
  try {
    return readFileSync('/etc/os-release', 'utf8')
  } catch {
    return '' // Not Linux, or one without the file: the names of Debian 12 then.
  }
}

/** @param {string} release the text of /etc/os-release */
function hasRenamedPackages(release) {
  const version = Number(/^VERSION_ID="?([\d.]+)/m.exec(release)?.[1] ?? 0)
  return /^ID=ubuntu/m.test(release) ? version >= 24.04 : /^ID=debian/m.test(release) && version >= 13
}

/**
 * The shared libraries that the Electron binary needs and the loader does not find.
 * @param {string} electron
 * @returns {Missing | undefined}
 */
export function missingLibraries(electron) {
  if (process.platform !== 'linux') return undefined
  const { stdout } = spawnSync('ldd', [electron], { encoding: 'utf8' })
  const libraries = librariesNotFound(stdout ?? '')
  if (libraries.length === 0) return undefined
  return { is: 'missing', what: `Electron lacks the system libraries ${libraries.join(', ')}.`, remedy: aptLine(packagesFor(libraries)) }
}

/** @param {string} ldd what ldd printed */
export function librariesNotFound(ldd) {
  return [...ldd.matchAll(/^\s*(\S+) => not found/gm)].map(match => match[1] ?? '').filter((name, at, all) => all.indexOf(name) === at)
}

/** @param {readonly string[]} libraries */
export function packagesFor(libraries) {
  const known = /** @type {Record<string, string>} */ (packageOfLibrary)
  return [...new Set(libraries.map(name => known[name] ?? everythingElse))].sort()
}

/** @returns {Missing | undefined} */
export function missingCompiler() {
  if (spawnSync('g++', ['--version']).status === 0) return undefined
  return { is: 'missing', what: 'There is no C++ compiler, which this Electron needs once for its SQLite.', remedy: aptLine(['g++']) }
}

/**
 * Where there is no screen to show a window on. A DISPLAY that nobody serves counts as none.
 * @returns {Promise<Missing | undefined>}
 */
export async function missingDisplay() {
  if (process.platform !== 'linux') return undefined
  const { DISPLAY: x11, WAYLAND_DISPLAY: wayland } = process.env
  const remedy = 'Start it from a desktop session, or open the printed address in a browser.'
  if (!x11 && !wayland) return { is: 'missing', what: 'There is no display (neither DISPLAY nor WAYLAND_DISPLAY is set).', remedy }
  const number = /^:(\d+)/.exec(x11 ?? '')?.[1]
  if (wayland || number === undefined) return undefined
  const answers = await Promise.all([`/tmp/.X11-unix/X${number}`, `\0/tmp/.X11-unix/X${number}`].map(accepts))
  return answers.includes(true) ? undefined : { is: 'missing', what: `Nothing answers at the display ${x11}.`, remedy }
}

/** @param {string} path of a Unix socket */
function accepts(path) {
  return new Promise(resolve => {
    const socket = connect(path, () => { socket.destroy(); resolve(true) })
    socket.on('error', () => resolve(false))
  })
}

export function isRoot() {
  return process.getuid?.() === 0
}

/**
 * Chromium's sandbox needs user namespaces, which some systems keep from ordinary users. Not asked as root: it cannot be sandboxed at all.
 * @returns {Missing | undefined}
 */
export function missingSandbox() {
  if (process.platform !== 'linux' || isRoot()) return undefined
  const probe = spawnSync('unshare', ['--user', '--map-root-user', 'true'])
  if (probe.error || probe.status === 0) return undefined
  const setting = read('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') === '1'
    ? 'kernel.apparmor_restrict_unprivileged_userns=0'
    : 'kernel.unprivileged_userns_clone=1'
  return { is: 'missing', what: 'This system gives ordinary users no namespaces, so the window could not be sandboxed.', remedy: `sudo sysctl -w ${setting}` }
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined // The kernel does not have this setting.
  }
}

/**
 * A fact of an Electron: runs it as Node and gives what `expression` prints.
 * @param {string} electron
 * @param {string} expression
 */
export function askElectron(electron, expression) {
  return execFileSync(electron, ['-p', expression], { encoding: 'utf8', env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' } }).trim()
}

/**
 * Switches that start the app on data of its own where nobody looks: with a display server when there is one, else in Chromium's headless mode.
 * @param {string} dataFolder becomes Electron's userData
 */
export function unattendedSwitches(dataFolder) {
  const hasDisplay = process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY'] || process.platform !== 'linux'
  // Chromium's own lines about the machine are no faults of ours.
  return [`--user-data-dir=${dataFolder}`, '--log-level=3', ...(hasDisplay ? [] : ['--ozone-platform=headless', '--disable-gpu']), ...(isRoot() ? ['--no-sandbox'] : [])]
}

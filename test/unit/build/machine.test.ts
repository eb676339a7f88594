/** What the user is told to install is what this distribution calls it. */

import { expect, test } from 'vitest'
import { aptLine, librariesNotFound, packagesFor } from '../../../build/machine.mjs'

const ldd = `	linux-vdso.so.1 (0x00007ffc)
	libffmpeg.so => /opt/electron/libffmpeg.so (0x00007f00)
	libnss3.so => not found
	libgtk-3.so.0 => not found
	libnss3.so => not found
	libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f01)
`
const debian12 = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n'
const debian13 = 'VERSION_ID="13"\nID=debian\n'
const ubuntu2404 = 'NAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n'

test('the libraries the loader does not find are named once each', () => {
  expect(librariesNotFound(ldd)).toEqual(['libnss3.so', 'libgtk-3.so.0'])
  expect(librariesNotFound('	statically linked\n')).toEqual([])
})

test('each missing library leads to the package that brings it, an unknown one to GTK, which brings the rest', () => {
  expect(packagesFor(['libnss3.so', 'libasound.so.2', 'libgbm.so.1'])).toEqual(['libasound2', 'libgbm1', 'libnss3'])
  expect(packagesFor(['libatk-1.0.so.0', 'libcairo.so.2', 'libgtk-3.so.0'])).toEqual(['libgtk-3-0'])
})

test('the line names packages as the distribution does', () => {
  const line = (release: string): string => aptLine(['libgtk-3-0', 'libnss3', 'libasound2'], release).replaceAll('sudo ', '')
  expect(line(debian12)).toBe('apt-get update && apt-get install -y libgtk-3-0 libnss3 libasound2')
  expect(line(debian13)).toBe('apt-get update && apt-get install -y libgtk-3-0t64 libnss3 libasound2t64')
  expect(line(ubuntu2404)).toBe('apt-get update && apt-get install -y libgtk-3-0t64 libnss3 libasound2t64')
  expect(line('')).toBe('apt-get update && apt-get install -y libgtk-3-0 libnss3 libasound2')
})

/** Which files of the window the app's scheme serves. */

import { expect, test } from 'vitest'
import { fileOf } from '../../../electron/main/window-url.ts'

test('a URL of the window names a file in its folder', () => {
  expect(fileOf('/app/window', 'app://millrace/')).toBe('/app/window/index.html')
  expect(fileOf('/app/window', 'app://millrace/assets/index-1.js?x=1#there')).toBe('/app/window/assets/index-1.js')
  expect(fileOf('/app/window', 'app://millrace/a%20name.txt')).toBe('/app/window/a name.txt')
})

test('a URL that leads out of the folder, or is not of our origin, names nothing', () => {
  const urls = ['app://millrace/..%2fsecret', 'app://millrace/a/..%2f..%2f..%2fetc/passwd', 'app://millrace/%2e%2e%2f%2e%2e', 'app://elsewhere/index.html', 'file:///etc/passwd']
  expect(urls.map(url => fileOf('/app/window', url))).toEqual(urls.map(() => undefined))
})

test('a folder whose name only begins like the window folder is outside', () => {
  expect(fileOf('/app/window', 'app://millrace/..%2fwindow-old%2findex.html')).toBeUndefined()
})

test('a malformed escape is a file that does not exist, not a fault', () => {
  expect(fileOf('/app/window', 'app://millrace/%E0%A4')).toBe('/app/window/%E0%A4')
})

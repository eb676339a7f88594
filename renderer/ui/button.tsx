/** Buttons: primary, plain, quiet and danger; icon buttons, always named; links that look like buttons. */

import type { ButtonHTMLAttributes, AnchorHTMLAttributes, ReactNode, Ref } from 'react'
import { classNames } from './class-names.ts'
import { Icon, type IconName } from './icons.tsx'
import styles from './button.module.css'

type Look = { readonly kind?: 'primary' | 'plain' | 'quiet' | 'danger'; readonly size?: 'normal' | 'small'; readonly icon?: IconName }

type ButtonProps = Look &
  Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'disabled'> & {
    readonly children: ReactNode
    /** The action is running: a spinner takes the icon's place and clicks do nothing. */
    readonly isBusy?: boolean
    /** Why it cannot be used now, shown as its tooltip. The button keeps its place in the tab order so that the reason can be read. */
    readonly disabledReason?: string | null
    /** Tooltip: what it does, and its keys. */
    readonly tip?: string
    readonly ref?: Ref<HTMLButtonElement>
  }

export function Button({
  kind = 'plain',
  size = 'normal',
  icon,
  isBusy = false,
  disabledReason,
  tip,
  children,
  onClick,
  className,
  ...rest
}: ButtonProps) {
  const isOff = Boolean(disabledReason) || isBusy
  return (
    <button
      type="button"
      {...rest}
      className={classNames(styles.button, styles[kind], size === 'small' && styles.small, className)}
      aria-disabled={isOff || undefined}
      aria-busy={isBusy || undefined}
      data-tip={disabledReason ?? tip}
      onClick={isOff ? event => event.preventDefault() : onClick}
    >
      {isBusy ? <Icon name="spinner" size="small" /> : icon ? <Icon name={icon} size="small" /> : null}
      {children}
    </button>
  )
}

type LinkButtonProps = Look & AnchorHTMLAttributes<HTMLAnchorElement> & { readonly children: ReactNode; readonly href: string }

/** A link drawn as a button: for acts that only go somewhere. */
export function LinkButton({ kind = 'plain', size = 'normal', icon, children, className, ...rest }: LinkButtonProps) {
  return (
    <a {...rest} className={classNames(styles.button, styles[kind], size === 'small' && styles.small, className)}>
      {icon ? <Icon name={icon} size="small" /> : null}
      {children}
    </a>
  )
}

type IconButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'disabled' | 'aria-label'> & {
  readonly icon: IconName
  /** Its name for everyone: accessible name and tooltip. */
  readonly label: string
  /** Shown in the tooltip behind the name, as `⌘K`. */
  readonly keys?: string
  readonly size?: 'normal' | 'small'
  readonly disabledReason?: string | null
  readonly ref?: Ref<HTMLButtonElement>
}

export function IconButton({ icon, label, keys, size = 'normal', disabledReason, onClick, className, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={classNames(styles.iconButton, size === 'small' && styles.smallIcon, className)}
      aria-label={label}
      aria-disabled={Boolean(disabledReason) || undefined}
      data-tip={disabledReason ?? label}
      data-tip-keys={keys}
      onClick={disabledReason ? event => event.preventDefault() : onClick}
    >
      <Icon name={icon} size={size} />
    </button>
  )
}

/** A few exclusive choices side by side, as Tree | List. */
export function Segments<Value extends string>({
  label,
  value,
  options,
  onChange,
  size = 'normal',
}: {
  readonly label: string
  readonly value: Value
  readonly options: readonly { readonly value: Value; readonly label: string }[]
  readonly onChange: (value: Value) => void
  readonly size?: 'normal' | 'small'
}) {
  return (
    <div role="group" aria-label={label} className={classNames(styles.segments, size === 'small' && styles.smallSegments)}>
      {options.map(option => (
        <button key={option.value} type="button" aria-pressed={option.value === value} onClick={() => onChange(option.value)}>
          {option.label}
        </button>
      ))}
    </div>
  )
}

/** Text fields: plain, with a leading word or icon, several lines; check boxes and radio buttons; a label with its hint and error. */

import { useId, type InputHTMLAttributes, type ReactNode, type Ref, type TextareaHTMLAttributes } from 'react'
import { classNames } from './class-names.ts'
import { Icon, type IconName } from './icons.tsx'
import styles from './input.module.css'

type InputProps = Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'value'> & {
  readonly value: string
  readonly onChange: (value: string) => void
  readonly isWrong?: boolean
  readonly isMono?: boolean
  readonly icon?: IconName
  /** A word before the text, in the label colour. */
  readonly lead?: ReactNode
  /** At the right end: a key cap, a unit, a clear button. */
  readonly trail?: ReactNode
  readonly ref?: Ref<HTMLInputElement>
}

export function Input({ value, onChange, isWrong = false, isMono = false, icon, lead, trail, className, ...rest }: InputProps) {
  return (
    <label className={classNames(styles.field, isWrong && styles.wrong, isMono && styles.mono, className)}>
      {icon ? <Icon name={icon} size="small" /> : null}
      {lead ? <span className={styles.lead}>{lead}</span> : null}
      <input
        spellCheck={false}
        autoComplete="off"
        {...rest}
        value={value}
        aria-invalid={isWrong || undefined}
        onChange={event => onChange(event.target.value)}
      />
      {trail}
    </label>
  )
}

type TextAreaProps = Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'onChange' | 'value'> & {
  readonly value: string
  readonly onChange: (value: string) => void
  readonly isWrong?: boolean
  readonly ref?: Ref<HTMLTextAreaElement>
}

/** Several lines of data, in the mono face. */
export function TextArea({ value, onChange, isWrong = false, className, ...rest }: TextAreaProps) {
  return (
    <textarea
      spellCheck={false}
      {...rest}
      className={classNames(styles.area, isWrong && styles.wrong, className)}
      value={value}
      aria-invalid={isWrong || undefined}
      onChange={event => onChange(event.target.value)}
    />
  )
}

type CheckboxProps = {
  readonly isOn: boolean
  readonly onChange: (isOn: boolean) => void
  readonly children: ReactNode
  readonly tip?: string
}

export function Checkbox({ isOn, onChange, children, tip }: CheckboxProps) {
  return (
    <label className={styles.checkRow} data-tip={tip}>
      <input type="checkbox" className={styles.check} checked={isOn} onChange={event => onChange(event.target.checked)} />
      {children}
    </label>
  )
}

/** One of several: all of a group have one `name`; what labels it is its owner's. */
export function Radio({ name, isOn, onChange, id, describedBy, isDisabled = false }: {
  readonly name: string
  readonly isOn: boolean
  readonly onChange: () => void
  readonly id: string
  readonly describedBy?: string
  readonly isDisabled?: boolean
}) {
  return (
    <input
      type="radio"
      className={styles.radio}
      name={name}
      id={id}
      checked={isOn}
      aria-describedby={describedBy}
      disabled={isDisabled}
      onChange={onChange}
    />
  )
}

/** Ids and wiring that tie a control to its label, hint and error: spread `control` on the input. */
export type FieldControl = { readonly id: string; readonly 'aria-describedby': string | undefined }

/** A labelled control of a form. The error replaces the hint and is announced. */
export function Field({
  label,
  hint,
  error,
  children,
}: {
  readonly label: ReactNode
  readonly hint?: ReactNode
  readonly error?: string | null
  readonly children: (control: FieldControl) => ReactNode
}) {
  const id = useId()
  const hasNote = Boolean(error ?? hint)
  return (
    <div className={styles.labelled}>
      <label className={styles.label} htmlFor={id}>
        {label}
      </label>
      {children({ id, 'aria-describedby': hasNote ? `${id}-note` : undefined })}
      {hint === undefined && error === undefined ? null : (
        <div id={`${id}-note`} className={error ? styles.error : styles.hint} aria-live="polite">
          {error ?? hint}
        </div>
      )}
    </div>
  )
}

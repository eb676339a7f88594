/** A modal dialog on the platform's own: it traps focus, closes on Escape and gives focus back. And the typed confirmation. */

import { useEffect, useId, useRef, useState, type FormEvent, type ReactNode } from 'react'
import { Button, IconButton } from './button.tsx'
import { Field, Input } from './input.tsx'
import { classNames } from './class-names.ts'
import styles from './dialog.module.css'

type DialogProps = {
  readonly title: ReactNode
  readonly onClose: () => void
  readonly children: ReactNode
  /** Buttons, the verb last. */
  readonly footer?: ReactNode
  /** With it the dialog is a form and Enter submits. */
  readonly onSubmit?: () => void
  readonly isWide?: boolean
}

/** Rendered means open. The first field takes the focus unless something inside asks for it with `autoFocus`. */
export function Dialog({ title, onClose, children, footer, onSubmit, isWide = false }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useModal(dialog)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    onSubmit?.()
  }
  return (
    <dialog
      ref={dialog}
      className={classNames(styles.dialog, isWide && styles.wide)}
      aria-labelledby={titleId}
      onCancel={event => {
        event.preventDefault()
        onClose()
      }}
      onClick={event => {
        if (event.target === dialog.current) onClose()
      }}
    >
      <form className={styles.form} onSubmit={submit}>
        <header className={styles.head}>
          <h2 id={titleId}>{title}</h2>
          <IconButton icon="close" label="Close" keys="Esc" size="small" onClick={onClose} />
        </header>
        <div className={styles.body}>{children}</div>
        {footer ? <footer className={styles.footer}>{footer}</footer> : null}
      </form>
    </dialog>
  )
}

/** Opens a <dialog> as modal while mounted; focus returns to where it was. */
export function useModal(dialog: { readonly current: HTMLDialogElement | null }): void {
  useEffect(() => {
    const element = dialog.current
    const before = document.activeElement
    if (element && !element.open) element.showModal()
    const field = element?.querySelector<HTMLElement>('[autofocus], input, textarea, select')
    field?.focus()
    return () => {
      element?.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [dialog])
}

/** For what undo cannot reach: says what happens, and the verb works once `name` has been typed. */
export function TypedConfirmation({
  title,
  name,
  verb,
  isBusy,
  children,
  error,
  onConfirm,
  onClose,
}: {
  readonly title: string
  /** What must be typed. */
  readonly name: string
  readonly verb: string
  readonly isBusy: boolean
  /** What is lost, with figures, and who notices. */
  readonly children: ReactNode
  /** Shown inside, where it happened. */
  readonly error?: ReactNode
  readonly onConfirm: () => void
  readonly onClose: () => void
}) {
  const [typed, setTyped] = useState('')
  const isSame = typed === name
  return (
    <Dialog
      title={title}
      onClose={onClose}
      onSubmit={() => {
        if (isSame && !isBusy) onConfirm()
      }}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" type="submit" isBusy={isBusy} disabledReason={isSame ? null : `Type ${name} first`}>
            {verb}
          </Button>
        </>
      }
    >
      {children}
      <Field
        label={
          <>
            Type <b>{name}</b> to confirm
          </>
        }
      >
        {control => <Input {...control} value={typed} onChange={setTyped} isMono />}
      </Field>
      {error}
    </Dialog>
  )
}

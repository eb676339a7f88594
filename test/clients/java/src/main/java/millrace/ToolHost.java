package millrace;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import org.apache.kafka.common.utils.Exit;

/**
 * Apache Kafka's command line tools one after the other in one JVM, which spares each of them the start. A line of the input is a run: what it
 * reads, its class and its arguments, in base64 with blanks between. A line comes out for each: its exit code, what it wrote, its errors.
 */
public final class ToolHost {
  /** What a tool's exit becomes. Tools that take it for a fault of their own exit a second time: the first counts. */
  @SuppressWarnings("serial")
  private static final class Ended extends Error {
    Ended() {
      super("the tool has ended", null, false, false);
    }

    @Override
    public void printStackTrace(PrintWriter writer) {}

    @Override
    public void printStackTrace(PrintStream stream) {}
  }

  private static volatile Integer exitCode;

  public static void main(String[] args) throws Exception {
    PrintStream answers = System.out;
    List<Runnable> hooks = Collections.synchronizedList(new ArrayList<>());
    Exit.setExitProcedure((code, message) -> end(code));
    Exit.setHaltProcedure((code, message) -> end(code));
    Exit.setShutdownHookAdder((name, hook) -> hooks.add(hook));
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] fields = Arrays.stream(line.split(" ", -1)).map(field -> new String(Base64.getDecoder().decode(field), StandardCharsets.UTF_8)).toArray(String[]::new);
      var out = new ByteArrayOutputStream();
      var errors = new ByteArrayOutputStream();
      System.setIn(new ByteArrayInputStream(fields[0].getBytes(StandardCharsets.UTF_8)));
      System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
      int code = run(fields[1], Arrays.copyOfRange(fields, 2, fields.length));
      for (Runnable hook : List.copyOf(hooks)) hook.run();
      hooks.clear();
      answers.println("ran " + code + " " + encoded(out) + " " + encoded(errors));
    }
  }

  private static void end(int code) {
    if (exitCode == null) exitCode = code;
    throw new Ended();
  }

  private static int run(String name, String[] args) {
    exitCode = null;
    try {
      Class.forName(name).getMethod("main", String[].class).invoke(null, (Object) args);
      return exitCode == null ? 0 : exitCode;
    } catch (InvocationTargetException thrown) {
      if (thrown.getCause() instanceof Ended) return exitCode;
      thrown.getCause().printStackTrace();
      return 1;
    } catch (ReflectiveOperationException error) {
      error.printStackTrace();
      return 1;
    }
  }

  private static String encoded(ByteArrayOutputStream bytes) {
    return "=" + Base64.getEncoder().encodeToString(bytes.toByteArray());
  }
}

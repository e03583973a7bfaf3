"""The district report (汇总报告): merge, workbook, document, album, what is missing, report.json."""
